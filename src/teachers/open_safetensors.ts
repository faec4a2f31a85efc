// Teachers in safetensors: a checkpoint of this project's, published weights, or a table of logits.
import { decodeSafetensors } from "../export/safetensors.ts";
import { adaptTeacher, chosenColumns } from "./adapted_teacher.ts";
import { cifarResnetNames, importCifarResnet, isCifarResnet } from "./cifar_resnet_weights.ts";
import { imageAdaptation, type Normalisation } from "./image_adaptation.ts";
import { type TablePlace, tableTeacher } from "./logits_table.ts";
import { metadataNormalisation } from "./metadata_normalisation.ts";
import { networkTeacher, type NetworkTeacherOptions } from "./network_teacher.ts";
import { nameOf, type OpenTeacherOptions, readAll, type TeacherSpec } from "./open_options.ts";
import { readSafetensors, type SafetensorsContent } from "./safetensors_tensors.ts";
import type { Teacher } from "./teacher.ts";

/** A network of this project's behind the data's images and classes. */
function adaptedNetwork(
  network: Pick<NetworkTeacherOptions, "architecture" | "weights">,
  { path, name, normalisation, options }: {
    path: string;
    name: string;
    normalisation: Normalisation;
    options: OpenTeacherOptions;
  },
): Teacher {
  const { data, engine, batchSize } = options;
  const { architecture, weights } = network;
  for (const [kind, values] of Object.entries(weights)) {
    const wrong = values.findIndex((value: number) => !Number.isFinite(value));
    if (wrong >= 0) throw new RangeError(`${path}: value ${wrong} of its ${kind} is ${values[wrong]}`);
  }
  const images = imageAdaptation(data, {
    ...options,
    path,
    input: architecture.input,
    normalisation,
  });
  const wanted = data.dataset.classNames.length;
  const classes = chosenColumns(path, { outputs: architecture.classes, wanted, classes: options.classes });
  return adaptTeacher(networkTeacher({ name, architecture, weights, engine, batchSize }), { images, classes });
}

/** Opens the safetensors file at `path`. RangeError or Error that begins with it where it is none of the three. */
export async function openSafetensors(path: string, spec: TeacherSpec, options: OpenTeacherOptions): Promise<Teacher> {
  const file = await readAll(path);
  const content: SafetensorsContent = readSafetensors(file, path);
  const name = nameOf(path);
  const { metadata, tensors } = content;
  const { architecture } = spec;
  const normalisation = () => options.normalisation ?? metadataNormalisation(path, metadata) ?? "data";
  if (metadata.format === "nacre" && architecture === undefined) {
    return adaptedNetwork(decodeSafetensors(file, path), { path, name, normalisation: normalisation(), options });
  }
  if (isCifarResnet(content)) {
    const network = importCifarResnet(content, { path, name: architecture });
    return adaptedNetwork(network, {
      path,
      name: `${network.name} ${name}`,
      normalisation: normalisation(),
      options,
    });
  }
  const table = tensors.get("logits");
  if (table && tensors.size === 1 && architecture === undefined) {
    const { dtype, shape, bytes } = table;
    if (dtype !== "F16" && dtype !== "F32" && dtype !== "F64") {
      throw new RangeError(`${path}: its logits are ${dtype}; allowed are F16, F32, F64`);
    }
    const place: TablePlace = { dtype, shape, dataStart: bytes.byteOffset - file.byteOffset };
    return await tableTeacher(place, { path, name, data: options.data, classes: options.classes });
  }
  throw new RangeError(
    `${path}: its tensors are no network that is known${
      architecture === undefined ? "" : ` (asked for was ${architecture})`
    }; allowed are Nacre checkpoints, CIFAR ResNets (${cifarResnetNames.join(", ")}), and one tensor "logits"`,
  );
}

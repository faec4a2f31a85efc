// Teachers of the user's: a path becomes a Teacher, whatever it leads to.
import { BatchReader } from "../data/batch_reader.ts";
import type { TrainingData } from "../data/training_data.ts";
import { DeviceLostError } from "../engine/network.ts";
import { adaptTeacher, areProbabilities, chosenColumns } from "./adapted_teacher.ts";
import { fileKind, teacherFile } from "./file_kind.ts";
import { imageAdaptation, type ImageSizes, type Normalisation } from "./image_adaptation.ts";
import { npyPlace, tableTeacher } from "./logits_table.ts";
import { metadataNormalisation } from "./metadata_normalisation.ts";
import { type LoadedModel, modelTeacher } from "./model_teacher.ts";
import { oneLine } from "./one_line.ts";
import { nameOf, type OpenTeacherOptions, readAll, type TeacherSpec } from "./open_options.ts";
import { openSafetensors } from "./open_safetensors.ts";
import type { Teacher } from "./teacher.ts";

export type { OpenTeacherOptions, TeacherSpec };

const probeImages = 4;

/** Images of the training part, normalised as the data is. */
function someImages(data: TrainingData): Float32Array {
  const count = Math.min(probeImages, data.train.length);
  return new BatchReader(data, count).read(data.dataset.train, data.train.slice(0, count)).images;
}

/** A model of another runtime behind the data's images and classes. */
async function adaptedModel(
  model: LoadedModel,
  { path, normalisation, options }: { path: string; normalisation: Normalisation; options: OpenTeacherOptions },
): Promise<Teacher> {
  const { data, batchSize } = options;
  let teacher: Teacher | undefined;
  try {
    const images = imageAdaptation(data, { ...options, path, input: model.input, normalisation });
    const probe = images.apply(someImages(data));
    teacher = await modelTeacher(model, { path, name: nameOf(path), batchSize, probe });
    const { outputs } = teacher.taps;
    const classes = chosenColumns(path, {
      outputs,
      wanted: data.dataset.classNames.length,
      classes: options.classes,
    });
    const answers = await (teacher.predict as NonNullable<Teacher["predict"]>)(probe);
    return adaptTeacher(teacher, { images, classes, probabilities: areProbabilities(answers, outputs) });
  } catch (error) {
    if (teacher) teacher.dispose();
    else model.dispose();
    throw error;
  }
}

async function openJson(path: string, options: OpenTeacherOptions): Promise<Teacher> {
  const text = new TextDecoder().decode(await readAll(path));
  if (/"nodes"\s*:/.test(text) && !/"modelTopology"\s*:/.test(text)) {
    throw new RangeError(`${path}: an architecture without weights; give the checkpoint (.safetensors)`);
  }
  const { loadTfjsModel } = await import("./tfjs_model.ts");
  const model = await loadTfjsModel(text, { path, data: sizesOf(options.data), engine: options.engine });
  const normalisation = options.normalisation ?? model.normalisation ?? "unit";
  return await adaptedModel(model, { path, normalisation, options });
}

async function openOnnx(path: string, options: OpenTeacherOptions): Promise<Teacher> {
  const file = await readAll(path);
  const { onnxMetadata } = await import("./onnx_metadata.ts");
  const normalisation = options.normalisation ?? metadataNormalisation(path, onnxMetadata(file)) ?? "data";
  const { externalLocations, onnxHash } = await import("./onnx_external.ts");
  const external = externalLocations(file);
  const hash = await onnxHash(file, path, external);
  const { loadOnnxModel } = await import("./onnx_model.ts");
  const { threads = 1 } = options;
  const model = await loadOnnxModel(external.length > 0 ? undefined : file, {
    path,
    hash,
    data: sizesOf(options.data),
    threads,
  });
  return await adaptedModel(model, { path, normalisation, options });
}

function sizesOf({ dataset: { height, width, channels } }: TrainingData): ImageSizes {
  return { height, width, channels };
}

/**
 * Opens the teacher that `spec` names: a Nacre checkpoint, safetensors weights of a CIFAR ResNet, a TF.js model, an ONNX
 * file, or a table of logits (.npy, or safetensors with one tensor `logits`) of the dataset's training part in its own
 * order. The content says which it is.
 *
 * Images are normalised as `normalisation` says; by default as the file's metadata say, else as the data is for networks,
 * ONNX and what was exported here, and from 0 to 1 for other TF.js models. Outputs that are probabilities become their logarithms.
 *
 * Throws a RangeError of one line that begins with the path: what is wrong, and what is allowed or which option adapts.
 */
export async function openTeacher(spec: TeacherSpec | string, options: OpenTeacherOptions): Promise<Teacher> {
  const named = typeof spec === "string" ? { path: spec } : spec;
  const path = await teacherFile(named.path);
  const kind = await fileKind(path);
  if (named.architecture !== undefined && kind !== "safetensors") {
    throw new RangeError(`${path}: an architecture (${named.architecture}) is only named for weights in safetensors`);
  }
  try {
    switch (kind) {
      case "safetensors":
        return await openSafetensors(path, named, options);
      case "npy":
        return await tableTeacher(await npyPlace(path), { ...options, path, name: nameOf(path) });
      case "json":
        return await openJson(path, options);
      case "onnx":
        return await openOnnx(path, options);
      default:
        return kind satisfies never;
    }
  } catch (error) {
    if (error instanceof DeviceLostError) throw error;
    // Also what a library says of a file that no check above foresaw, and names in the file that would write on terminals.
    const message = error instanceof Error ? error.message : oneLine(error);
    const why = message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
    throw new RangeError(`${path}: ${oneLine(why)}`, { cause: error });
  }
}

// A run's search space, with what its options name on disk.
import { UsageError } from "../src/cli/usage_error.ts";
import { decodeSafetensors } from "../src/export/safetensors.ts";
import { countDownloadBytes, countMemoryBytes } from "../src/models/deployed_size.ts";
import { inheritWeights } from "../src/models/inherit.ts";
import type { Weights } from "../src/models/weights.ts";
import { countMultiplyAdds, countParameters } from "../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../src/schemas/architecture.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { SearchSpace, SpaceOptions } from "../src/spaces/space.ts";
import { createSpace, type SpaceName } from "../src/spaces/table.ts";
import { cifarResnetNames, importCifarResnet, isCifarResnet } from "../src/teachers/cifar_resnet_weights.ts";
import { readAll } from "../src/teachers/open_options.ts";
import { readSafetensors } from "../src/teachers/safetensors_tensors.ts";
import { brokenLimit } from "./scoring.ts";

/** A space; `backboneWeights` are those of its backbone where they were given. */
export type OpenedSpace = SearchSpace & { readonly backboneWeights?: Weights };

interface Network {
  architecture: Architecture;
  weights: Weights;
}

async function readNetwork(path: string, name: string | undefined): Promise<Network & { published: boolean }> {
  const file = await readAll(path).catch((error) => {
    throw error instanceof RangeError ? error : new RangeError(`weights: cannot read ${path}: ${error.message}`);
  });
  const content = readSafetensors(file, path);
  const published = content.metadata.format !== "nacre";
  if (published && !isCifarResnet(content)) {
    throw new RangeError(
      `${path}: its tensors are no network that is known; allowed are Nacre checkpoints and CIFAR ResNets ` +
        `(${cifarResnetNames.join(", ")})`,
    );
  }
  const network = published ? importCifarResnet(content, { path, name }) : decodeSafetensors(file, path);
  for (const [kind, values] of Object.entries(network.weights)) {
    const wrong = values.findIndex((value: number) => !Number.isFinite(value));
    if (wrong >= 0) throw new RangeError(`${path}: value ${wrong} of its ${kind} is ${values[wrong]}`);
  }
  return { architecture: network.architecture, weights: network.weights, published };
}

/** The network with a new last layer where it is for another number of classes. */
function forClasses({ architecture, weights }: Network, classes: number, path: string): Network {
  const { nodes, origin: _origin, ...rest } = architecture;
  if (rest.classes === classes) return { architecture: { ...rest, nodes }, weights };
  const last = nodes[nodes.length - 1];
  if (last.op !== "dense") {
    throw new RangeError(
      `${path}: it gives ${rest.classes} classes, the data has ${classes}, and it ends in ${last.op}`,
    );
  }
  const changed: Architecture = { ...rest, classes, nodes: nodes.with(-1, { ...last, units: classes }) };
  return { architecture: changed, weights: inheritWeights({ architecture, weights }, changed, 0).weights };
}

/**
 * UsageError where a network that can only grow is beyond a size limit from the start, one that its space does not know of
 * itself.
 */
export function requireBackboneWithin(config: RunConfig, { backbone }: SearchSpace): void {
  if (!backbone) return;
  const broken = brokenLimit(config, {
    parameters: countParameters(backbone),
    multiplyAdds: countMultiplyAdds(backbone),
    memoryBytes: countMemoryBytes(backbone),
    downloadBytes: countDownloadBytes(backbone),
  });
  if (broken === undefined) return;
  throw new UsageError(`--space ${config.space}: no student can keep the limits, the backbone alone has ${broken}`);
}

/**
 * `createSpace` for options that may name files: `weights` of `growth`, a Nacre checkpoint or published weights of a
 * CIFAR ResNet, is the backbone with its weights. They see images normalised as the data is. A checkpoint for other
 * classes is given a new last layer. RangeError of one line on files and options that do not fit the data or each
 * other.
 */
export async function openSpace(
  name: SpaceName,
  options: SpaceOptions & Record<string, unknown>,
): Promise<OpenedSpace> {
  const { weights: path, ...others } = options;
  if (name !== "growth" || typeof path !== "string") return createSpace(name, options);
  const { backbone, classes } = others;
  if (typeof backbone === "object") {
    throw new RangeError(`weights: ${path} holds its network; give the name of the backbone, or none`);
  }
  const named = typeof backbone === "string" && backbone !== "auto" ? backbone : undefined;
  const read = await readNetwork(path, named);
  const { architecture, weights } = forClasses(read, classes, path);
  // Published weights were compared by their depth: their strided layers pad in a way of their own.
  if (named !== undefined && !read.published) {
    const expected = createSpace(name, others).reference(1);
    if (architectureHash(expected) !== architectureHash(architecture)) {
      throw new RangeError(`weights: ${path} is another network than ${named}`);
    }
  }
  return { ...createSpace(name, { ...others, backbone: architecture }), backboneWeights: weights };
}

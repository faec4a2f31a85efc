// Published weights of CIFAR ResNets (1512.03385) as PyTorch saves them: `conv1.weight`, `layer1.0.bn1.running_mean`, ...,
// `linear.weight`; kernels [out, in, height, width].
import { cifarResnet } from "../models/cifar_resnet.ts";
import type { Weights } from "../models/weights.ts";
import { layoutOf, type NodeLayout } from "../ops/layout.ts";
import { batchNormEpsilon } from "../ops/normalised.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { type SafetensorsContent, tensorValues } from "./safetensors_tensors.ts";

/** Names that `architecture` may have. */
export const cifarResnetNames = ["resnet20", "resnet32", "resnet44", "resnet56", "resnet110"] as const;

// What PyTorch adds to variances unless told otherwise.
const torchEpsilon = 1e-5;
const side = 32;

/** Names without what wrappers put before them. */
function unwrapped({ metadata, tensors }: SafetensorsContent): SafetensorsContent {
  return { metadata, tensors: new Map([...tensors].map(([name, tensor]) => [name.replace(/^module\./, ""), tensor])) };
}

/** Whether the names of tensors are those of a CIFAR ResNet. */
export function isCifarResnet(content: SafetensorsContent): boolean {
  const { tensors } = unwrapped(content);
  return tensors.has("conv1.weight") && tensors.has("layer3.0.conv2.weight") && !tensors.has("layer4.0.conv1.weight");
}

/** Writes a convolution and its batch norm into the node's place of `weights`. */
class NodeWriter {
  readonly #content: SafetensorsContent;
  readonly #path: string;
  readonly #weights: Weights;
  readonly #taken = new Set<string>();

  constructor(content: SafetensorsContent, path: string, weights: Weights) {
    this.#content = content;
    this.#path = path;
    this.#weights = weights;
  }

  #read(name: string, shape: readonly number[]): Float32Array {
    this.#taken.add(name);
    return tensorValues(this.#content, { path: this.#path, name, shape });
  }

  /** RangeError where a tensor was written nowhere: the network would be another one than that of the file. */
  requireAllTaken(): void {
    const left = [...this.#content.tensors.keys()].find((name) =>
      !this.#taken.has(name) && !name.endsWith(".num_batches_tracked")
    );
    if (left === undefined) return;
    throw new RangeError(`${this.#path}: tensor "${left.slice(0, 80)}" is none of a CIFAR ResNet that is known`);
  }

  /** `names`: of the convolution and of its batch norm. */
  conv(node: NodeLayout, names: readonly [conv: string, norm: string]): void {
    const [kernel, gamma, beta] = node.parameters;
    const [mean, variance] = node.statistics;
    const [size, , inputs, filters] = kernel.shape;
    // A kernel of 5 holds one of 3 in its upper left corner.
    const taken = Math.min(size, 3);
    const values = this.#read(`${names[0]}.weight`, [filters, inputs, taken, taken]);
    let next = 0;
    for (let filter = 0; filter < filters; filter++) {
      for (let input = 0; input < inputs; input++) {
        for (let y = 0; y < taken; y++) {
          for (let x = 0; x < taken; x++) {
            const place = ((y * size + x) * inputs + input) * filters + filter;
            this.#weights.parameters[kernel.offset + place] = values[next++];
          }
        }
      }
    }
    const norm = (name: string) => this.#read(`${names[1]}.${name}`, [filters]);
    const variances = norm("running_var");
    // Our epsilon is larger; the scale makes up for it exactly.
    const scales = norm("weight").map((scale, channel) =>
      scale * Math.sqrt((variances[channel] + batchNormEpsilon) / (variances[channel] + torchEpsilon))
    );
    this.#weights.parameters.set(scales, gamma.offset);
    this.#weights.parameters.set(norm("bias"), beta.offset);
    this.#weights.statistics.set(norm("running_mean"), mean.offset);
    this.#weights.statistics.set(variances, variance.offset);
  }

  dense(node: NodeLayout, name: string): void {
    const [kernel, bias] = node.parameters;
    const [inputs, units] = kernel.shape;
    const values = this.#read(`${name}.weight`, [units, inputs]);
    for (let unit = 0; unit < units; unit++) {
      for (let input = 0; input < inputs; input++) {
        this.#weights.parameters[kernel.offset + input * units + unit] = values[unit * inputs + input];
      }
    }
    this.#weights.parameters.set(this.#read(`${name}.bias`, [units]), bias.offset);
  }
}

/** The size of dimension `axis` of a tensor; RangeError where it has none. */
function sizeOf({ tensors }: SafetensorsContent, { path, name, axis }: { path: string; name: string; axis: number }) {
  const size = tensors.get(name)?.shape[axis];
  if (!size) throw new RangeError(`${path}: not a CIFAR ResNet: tensor "${name}" is missing or has too few dimensions`);
  return size;
}

/**
 * Network and weights of a file of which {@linkcode isCifarResnet} holds. Depth, widths, classes and kind of shortcut
 * follow from the tensors; `name` (`resnet20`) must agree where given. RangeError that begins with `path` otherwise.
 */
export function importCifarResnet(
  file: SafetensorsContent,
  { path, name }: { path: string; name?: string },
): { name: string; architecture: Architecture; weights: Weights } {
  const content = unwrapped(file);
  const { tensors } = content;
  if (tensors.size < file.tensors.size) {
    throw new RangeError(`${path}: it has tensors of one name with and without "module." before it`);
  }
  let blocks = 0;
  while (tensors.has(`layer1.${blocks}.conv1.weight`)) blocks++;
  const depth = 6 * blocks + 2;
  if (name !== undefined && name !== `resnet${depth}`) {
    throw new RangeError(`${path}: its tensors are those of resnet${depth}, not of ${name}`);
  }
  const classifier = tensors.has("fc.weight") ? "fc" : "linear";
  const projection = ["shortcut", "downsample"].find((one) => tensors.has(`layer2.0.${one}.0.weight`));
  const filters = (stage: number) => sizeOf(content, { path, name: `layer${stage}.0.conv1.weight`, axis: 0 });
  const architecture = cifarResnet({
    depth,
    classes: sizeOf(content, { path, name: `${classifier}.weight`, axis: 0 }),
    input: { height: side, width: side, channels: sizeOf(content, { path, name: "conv1.weight", axis: 1 }) },
    widths: [filters(1), filters(2), filters(3)],
    shortcut: projection ? "projection" : "subsample",
    padding: "centred",
  });
  const { nodes, parameterCount, statisticCount } = layoutOf(architecture);
  const weights = { parameters: new Float32Array(parameterCount), statistics: new Float32Array(statisticCount) };
  const writer = new NodeWriter(content, path, weights);
  let next = 0;
  const nextConv = (): NodeLayout => {
    while (nodes[next].node.op !== "conv") next++;
    return nodes[next++];
  };
  writer.conv(nextConv(), ["conv1", "bn1"]);
  for (let stage = 1; stage <= 3; stage++) {
    for (let block = 0; block < blocks; block++) {
      const place = `layer${stage}.${block}`;
      for (const part of [1, 2]) writer.conv(nextConv(), [`${place}.conv${part}`, `${place}.bn${part}`]);
      if (projection && stage > 1 && block === 0) {
        writer.conv(nextConv(), [`${place}.${projection}.0`, `${place}.${projection}.1`]);
      }
    }
  }
  writer.dense(nodes[nodes.length - 1], classifier);
  writer.requireAllTaken();
  return { name: `resnet${depth}`, architecture, weights };
}

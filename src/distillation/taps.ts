// What losses may know of a network: where it can be tapped, and the shapes found there.
import { type Layout, layoutOf, type Weights } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";

/** A stage's end. */
export interface StageTap {
  name: string;
  shape: readonly [height: number, width: number, channels: number];
  /** Whether `NAME:before`, the value before the activation, can be had. */
  before: boolean;
  /** Shift and scale `[channels]` of the batch norm that ends the stage; of a sum, of its branch. Where they are known. */
  batchNorm?: { beta: Float32Array; gamma: Float32Array };
}

export interface NetworkTaps {
  /** From input to output. */
  stages: readonly StageTap[];
  /** The pooled features before the classifier. */
  embedding?: { name: string; channels: number };
  /** Width of the last layer: classes, or numbers of a regression. */
  outputs: number;
}

function batchNormOf({ nodes }: Layout, index: number, weights: Weights | undefined): Pick<StageTap, "batchNorm"> {
  const { node } = nodes[index];
  const { parameters: placed } = node.op === "add" ? nodes[node.inputs[0]] ?? nodes[index] : nodes[index];
  const [beta, gamma] = ["beta", "gamma"].map((name) => {
    const weight = placed.find((weight) => weight.name === name);
    return weight && weights?.parameters.slice(weight.offset, weight.offset + weight.size);
  });
  return beta && gamma ? { batchNorm: { beta, gamma } } : {};
}

/**
 * The taps of `architecture`, with batch norms where `weights` are given: every tapped image-shaped node is a stage, the last
 * tapped vector the embedding.
 */
export function tapsOf(architecture: Architecture, weights?: Weights): NetworkTaps {
  const stages: StageTap[] = [];
  let embedding: NetworkTaps["embedding"];
  const layout = layoutOf(architecture);
  for (const [index, { node, outputShape }] of layout.nodes.entries()) {
    if (node.tap === undefined) continue;
    if (outputShape.length === 1) embedding = { name: node.tap, channels: outputShape[0] };
    else {
      const [height, width, channels] = outputShape;
      stages.push({
        name: node.tap,
        shape: [height, width, channels],
        before: node.op !== "squeezeExcite",
        ...batchNormOf(layout, index, weights),
      });
    }
  }
  return { stages, embedding, outputs: architecture.classes };
}

// Writes a network as an ONNX file in the form that is deployed: batch norm folded, no training-only nodes.
import type { Weights } from "../models/weights.ts";
import { layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { type ImageNormalisation, normalisationMetadata } from "./image_normalisation.ts";
import { requireFitting, weightsOf } from "./node_weights.ts";
import { GraphBuilder } from "./onnx/graph_builder.ts";
import { encodeModelFile } from "./onnx/model_file.ts";
import { emitterOf } from "./onnx/table.ts";

export interface OnnxOptions {
  /** Takes batches of any size; by default one image at a time, which is what devices are given to measure. */
  anyBatch?: boolean;
  /** Of its images; the file's metadata give it. */
  normalisation?: ImageNormalisation;
}

/**
 * An ONNX file (opset 17) with the input `image`, `[1, channels, height, width]`, and the output `logits`,
 * `[1, classes]`; where `anyBatch`, `batch` stands in the place of the 1. Equal arguments give equal bytes. RangeError
 * where the architecture does not fit together or the weights do not fit it.
 */
export function exportOnnx(
  architecture: Architecture,
  weights: Weights,
  { anyBatch = false, normalisation }: OnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder();
  const image = "image";
  const outputs: string[] = [];
  const layout = layoutOf(architecture);
  requireFitting(layout, weights);
  for (const [index, nodeLayout] of layout.nodes.entries()) {
    const { node, inputShapes } = nodeLayout;
    graph.begin(`${index}.${node.op}`);
    const inputs = node.inputs.map((input) => input < 0 ? image : outputs[input]);
    outputs.push(emitterOf(node)(graph, { node, inputs, inputShapes, weights: weightsOf(nodeLayout, weights) }));
  }
  const logits = "logits";
  graph.rename(outputs[outputs.length - 1], logits);
  const { height, width, channels } = architecture.input;
  // No node names the batch: windows and slices are of height and width, and the flattening is from axis 1 on.
  const batch = anyBatch ? "batch" : 1;
  return encodeModelFile({
    name: "nacre",
    input: { name: image, shape: [batch, channels, height, width] },
    output: { name: logits, shape: [batch, architecture.classes] },
    nodes: graph.nodes,
    constants: graph.constants,
    metadata: normalisationMetadata(normalisation),
  });
}

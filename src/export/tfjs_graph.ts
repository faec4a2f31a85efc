// Writes a network as a TF.js GraphModel: the kernels that the deployed form runs, in its order, fused as there.
import type { Weights } from "../models/weights.ts";
import { layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { ImageNormalisation } from "./image_normalisation.ts";
import { requireFitting, weightsOf } from "./node_weights.ts";
import { GraphBuilder, type GraphNode, shapeOf } from "./tfjs_graph/graph_def.ts";
import { emitterOf } from "./tfjs_graph/table.ts";
import { type TfjsOrigin, tfjsOrigin } from "./tfjs_origin.ts";
import { storeWeights, type WeightsManifest } from "./tfjs_weights.ts";

/** An input or output of the model. */
type TensorShape = { dim: { size: string }[] };
type Signature = Record<string, { name: string; dtype: "DT_FLOAT"; tensorShape: TensorShape }>;

/** The two files of a model: `model.json`, and the weights that lie beside it. */
export interface TfjsGraphFiles {
  modelJson: TfjsOrigin & {
    format: "graph-model";
    modelTopology: { node: GraphNode[]; library: Record<string, never>; versions: Record<string, never> };
    signature: { inputs: Signature; outputs: Signature };
    weightsManifest: WeightsManifest;
  };
  weights: Uint8Array<ArrayBuffer>;
}

/**
 * A TF.js GraphModel with the input `image`, `[batch, height, width, channels]`, and the output `logits`,
 * `[batch, classes]`; `tf.loadGraphModel` opens it. Its metadata give the `normalisation` of its images. RangeError where the
 * architecture does not fit together or the weights do not fit it.
 */
export function exportTfjsGraph(
  architecture: Architecture,
  weights: Weights,
  { normalisation }: { normalisation?: ImageNormalisation } = {},
): TfjsGraphFiles {
  const layout = layoutOf(architecture);
  requireFitting(layout, weights);
  const graph = new GraphBuilder();
  const [image, logits] = ["image", "logits"];
  const { height, width, channels } = architecture.input;
  graph.input(image, [height, width, channels]);
  const outputs: string[] = [];
  for (const [index, nodeLayout] of layout.nodes.entries()) {
    const { node, inputShapes } = nodeLayout;
    graph.begin(`${index}.${node.op}`);
    const inputs = node.inputs.map((input) => input < 0 ? image : outputs[input]);
    outputs.push(emitterOf(node)(graph, { node, inputs, inputShapes, weights: weightsOf(nodeLayout, weights) }));
  }
  graph.rename(outputs[outputs.length - 1], logits);
  const { manifest, bytes } = storeWeights(graph.weights);
  const described = (name: string, shape: readonly number[]): Signature => ({
    [name]: { name: `${name}:0`, dtype: "DT_FLOAT", tensorShape: shapeOf([-1, ...shape]).shape },
  });
  return {
    modelJson: {
      format: "graph-model",
      ...tfjsOrigin(normalisation),
      modelTopology: { node: graph.nodes, library: {}, versions: {} },
      signature: {
        inputs: described(image, [height, width, channels]),
        outputs: described(logits, [architecture.classes]),
      },
      weightsManifest: manifest,
    },
    weights: bytes,
  };
}

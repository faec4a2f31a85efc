// Writes a network as a TF.js LayersModel in the form that is deployed: batch norm folded, no training-only layers.
import type { Weights } from "../models/weights.ts";
import { layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { ImageNormalisation } from "./image_normalisation.ts";
import { requireFitting, weightsOf } from "./node_weights.ts";
import { LayerList } from "./tfjs/layer_list.ts";
import { emitterOf } from "./tfjs/table.ts";
import { type TfjsOrigin, tfjsOrigin } from "./tfjs_origin.ts";
import { storeWeights, type WeightsManifest } from "./tfjs_weights.ts";

/** The two files of a model: `model.json`, and `weights.bin` that it names and that lies beside it. */
export interface TfjsModelFiles {
  modelJson: TfjsOrigin & {
    format: "layers-model";
    modelTopology: Record<string, unknown>;
    weightsManifest: WeightsManifest;
  };
  /** 32-bit floats, little-endian. */
  weights: Uint8Array<ArrayBuffer>;
}

/**
 * A TF.js LayersModel with the input `image`, `[batch, height, width, channels]`, and the output of its layer `logits`,
 * `[batch, classes]`; `tf.loadLayersModel` opens it. Its metadata give the `normalisation` of its images. RangeError where the
 * architecture does not fit together or the weights do not fit it.
 */
export function exportTfjs(
  architecture: Architecture,
  weights: Weights,
  { normalisation }: { normalisation?: ImageNormalisation } = {},
): TfjsModelFiles {
  const layout = layoutOf(architecture);
  requireFitting(layout, weights);
  const list = new LayerList();
  const image = "image";
  const { height, width, channels } = architecture.input;
  list.input(image, [height, width, channels]);
  const outputs: string[] = [];
  for (const [index, nodeLayout] of layout.nodes.entries()) {
    const { node, inputShapes } = nodeLayout;
    list.begin(`${index}.${node.op}`);
    const inputs = node.inputs.map((input) => input < 0 ? image : outputs[input]);
    outputs.push(emitterOf(node)(list, { node, inputs, inputShapes, weights: weightsOf(nodeLayout, weights) }));
  }
  // A last layer of a known name, whatever the network ends in; it computes nothing.
  list.begin("logits");
  const logits = list.layer("Activation", [outputs[outputs.length - 1]], { activation: "linear" });
  const { manifest, bytes } = storeWeights(list.weights);
  const config = {
    name: "nacre",
    trainable: true,
    layers: list.layers,
    input_layers: [[image, 0, 0]],
    output_layers: [[logits, 0, 0]],
  };
  return {
    modelJson: {
      format: "layers-model",
      ...tfjsOrigin(normalisation),
      modelTopology: {
        keras_version: "2.1.6",
        backend: "tensorflow",
        model_config: { class_name: "Model", config },
      },
      weightsManifest: manifest,
    },
    weights: bytes,
  };
}

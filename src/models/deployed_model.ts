// Architecture + weights -> the form that is deployed and measured: batch norm folded, activations fused.
import * as tf from "@tensorflow/tfjs";
import { layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { allWeights, byNode, logitsOf, runNodes, splitWeights } from "./network.ts";
import type { Weights } from "./weights.ts";

/** A network ready for inference. Owns its folded weights: call `dispose`. */
export interface DeployedModel {
  /** Logits `[batch, classes]` of `images` `[batch, height, width, channels]`; the caller disposes them. */
  predict(images: tf.Tensor4D): tf.Tensor2D;
  dispose(): void;
}

/** Builds the deployed form on the current tfjs backend. */
export function buildDeployedModel(architecture: Architecture, weights: Weights): DeployedModel {
  const layout = layoutOf(architecture);
  const folded = tf.tidy(() => {
    const split = (kind: "parameters" | "statistics") =>
      byNode(layout, kind, splitWeights(tf.tensor1d(weights[kind]), allWeights(layout, kind)));
    const parameters = split("parameters");
    const statistics = split("statistics");
    return layout.nodes.map(({ op, node }, index) => op.fold(node, parameters[index], statistics[index]));
  });
  return {
    predict: (images) =>
      tf.tidy(() =>
        logitsOf(runNodes(layout, images, ({ op, node }, inputs, index) => op.deployed(node, inputs, folded[index])))
      ),
    dispose: () => tf.dispose(folded),
  };
}

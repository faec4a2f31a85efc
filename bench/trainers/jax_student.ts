// An Architecture in jax-js: the loss as a function of its parameters, to be differentiated and compiled by it.
// Arrays are counted references there: each use but the last is `.ref`.
import { lax, nn, numpy as np } from "@jax-js/jax";
import { layoutOf, type NodeLayout } from "../../src/ops/layout.ts";
import { batchNormEpsilon } from "../../src/ops/normalised.ts";
import type { Activation, Architecture } from "../../src/schemas/architecture.ts";

type Value = np.Array;

function activate(x: Value, activation: Activation): Value {
  if (activation === "none") return x;
  return activation === "relu" ? nn.relu(x) : nn.relu6(x);
}

/** Batch norm by the batch of `x` `[batch, channels, height, width]`. */
function batchNorm(x: Value, gamma: Value, beta: Value): Value {
  const perChannel = [1, -1, 1, 1];
  const centred = x.ref.sub(np.mean(x, [0, 2, 3], { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
  const scale = gamma.reshape(perChannel).div(np.sqrt(variance.add(batchNormEpsilon)));
  return centred.mul(scale).add(beta.reshape(perChannel));
}

function squeezeExcite(x: Value, [squeezeKernel, squeezeBias, exciteKernel, exciteBias]: Value[]): Value {
  const squeezed = nn.relu(np.matmul(np.mean(x.ref, [2, 3]), squeezeKernel).add(squeezeBias));
  const gate = nn.sigmoid(np.matmul(squeezed, exciteKernel).add(exciteBias));
  return x.mul(gate.reshape([x.shape[0], x.shape[1], 1, 1]));
}

/** Throws an Error that names the op where jax-js lacks it. */
function apply({ node }: NodeLayout, [x, other]: Value[], parameters: Value[]): Value {
  switch (node.op) {
    case "conv":
    case "depthwiseConv": {
      const [kernel, gamma, beta] = parameters;
      const groups = node.op === "conv" ? 1 : x.shape[1];
      const y = lax.convGeneralDilated(x, kernel, [node.stride, node.stride], "SAME", { featureGroupCount: groups });
      return activate(batchNorm(y, gamma, beta), node.activation);
    }
    case "squeezeExcite":
      return squeezeExcite(x, parameters);
    case "add":
      return activate(x.add(other), node.activation ?? "none");
    case "subsample": {
      const [batch, channels, height, width] = x.shape;
      const { stride } = node;
      // It slices without steps: every stride-th row is the first of its group.
      const rows = x.reshape([batch, channels, height / stride, stride, width / stride, stride]);
      const kept = rows.slice([], [], [], 0, [], 0);
      const before = (node.channels - channels) >> 1;
      return np.pad(kept, [[0, 0], [before, node.channels - channels - before], [0, 0], [0, 0]]);
    }
    case "globalAveragePool":
      return np.mean(x, [2, 3]);
    case "dense":
      return np.matmul(x, parameters[0]).add(parameters[1]);
    case "averagePool":
    case "maxPool":
    case "dropout":
      throw new Error(`no ${node.op} in this benchmark's jax-js student`);
    default:
      return node satisfies never;
  }
}

/** Shapes of the parameters in jax-js's order of dimensions: kernels `[out, in / groups, height, width]`. */
export function jaxShapes(architecture: Architecture): number[][] {
  return layoutOf(architecture).nodes.flatMap(({ node, parameters }) =>
    parameters.map(({ name, shape }) => {
      if (name !== "kernel" || node.op === "dense") return shape;
      const [height, width, inputs, outputs] = shape;
      return node.op === "depthwiseConv" ? [inputs, outputs, height, width] : [outputs, inputs, height, width];
    })
  );
}

/** Mean softmax cross-entropy of `images` `[batch, channels, height, width]` with `labels` `[batch, classes]`, one-hot. */
export function jaxLoss(
  architecture: Architecture,
): (parameters: Value[], images: Value, labels: Value) => Value {
  const { nodes } = layoutOf(architecture);
  return (parameters, images, labels) => {
    const uses = new Map<number, number>();
    for (const { node } of nodes) for (const input of node.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
    const values = new Map([[-1, images]]);
    const take = (input: number): Value => {
      const value = values.get(input) as Value;
      const left = (uses.get(input) ?? 0) - 1;
      uses.set(input, left);
      return left > 0 ? value.ref : value;
    };
    let next = 0;
    for (const [index, layout] of nodes.entries()) {
      const own = parameters.slice(next, next += layout.parameters.length);
      values.set(index, apply(layout, layout.node.inputs.map(take), own));
    }
    const logits = values.get(nodes.length - 1) as Value;
    return np.mean(np.sum(nn.logSoftmax(logits).mul(labels), 1)).neg();
  };
}

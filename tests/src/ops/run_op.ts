// Runs one op's tfjs forms on a backend.
import * as tf from "@tensorflow/tfjs";
import { setBackend } from "../../../devices/runtimes/set_backend.ts";
import "@tensorflow/tfjs-backend-wasm";
import { opOf } from "../../../src/ops/table.ts";
import type { ArchitectureNode } from "../../../src/schemas/architecture.ts";
import type { Values } from "./values.ts";

/** Makes `name` the backend; wasm on one thread. */
export async function useBackend(name: "cpu" | "wasm"): Promise<void> {
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  await setBackend(name);
}

/** What a node without weights gives for `inputs`, in one of its forms, on the current backend. */
export function runForm(node: ArchitectureNode, form: "train" | "evaluate" | "deployed", inputs: Values[]): Values {
  return tf.tidy(() => {
    const tensors = inputs.map(({ data, shape }) => tf.tensor(data, shape));
    const op = opOf(node);
    const output = form === "train"
      ? op.train(node, tensors, []).output
      : form === "evaluate"
      ? op.evaluate(node, tensors, [], [])
      : op.deployed(node, tensors, op.fold(node, [], []));
    return { shape: output.shape, data: output.dataSync<"float32">().slice() };
  });
}

/** Gradients of the inputs in the training form, for the upstream gradient `upstream`. */
export function gradientsOf(node: ArchitectureNode, inputs: Values[], upstream: Values): Values[] {
  return tf.tidy(() => {
    const compute = (...tensors: tf.Tensor[]) => opOf(node).train(node, tensors, []).output;
    const tensors = inputs.map(({ data, shape }) => tf.tensor(data, shape));
    return tf.grads(compute)(tensors, tf.tensor(upstream.data, upstream.shape))
      .map((gradient) => ({ shape: gradient.shape, data: gradient.dataSync<"float32">().slice() }));
  });
}

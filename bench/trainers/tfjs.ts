// Training steps in stock tfjs, its own gradients and its own Adam: `tfjs.ts cpu|webgpu JOB`.
import * as tf from "@tensorflow/tfjs";
import { layoutOf } from "../../src/ops/layout.ts";
import type { TrainerJob } from "./job.ts";
import { serve, type ServedTraining, SkippedError } from "./serve.ts";

async function startBackend(name: string, software: boolean): Promise<string> {
  let note = "plain JavaScript";
  if (name === "webgpu") {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) throw new SkippedError("no WebGPU adapter");
    if (adapter.info.isFallbackAdapter && !software) throw new SkippedError("only a software adapter; --software");
    note = adapter.info.description || adapter.info.device;
    await import("@tensorflow/tfjs-backend-webgpu");
  }
  if (!await tf.setBackend(name) || tf.getBackend() !== name) throw new SkippedError(`tfjs did not start ${name}`);
  await tf.ready();
  return note;
}

async function create(job: TrainerJob): Promise<ServedTraining> {
  const note = await startBackend(Deno.args[0], job.software);
  const { architecture, batchSize } = job;
  const { height, width, channels } = architecture.input;
  const layout = layoutOf(architecture);
  const weights = layout.nodes.map(({ parameters }) =>
    parameters.map(({ shape, initial }, index) =>
      tf.variable(
        "constant" in initial ? tf.fill(shape, initial.constant) : tf.randomNormal(
          shape,
          0,
          initial.deviation,
          "float32",
          index,
        ),
      )
    )
  );
  const images = tf.randomNormal([batchSize, height, width, channels], 0, 1, "float32", 1);
  const classes = Int32Array.from({ length: batchSize }, (_, index) => index % architecture.classes);
  const labels = tf.oneHot(tf.tensor1d(classes, "int32"), architecture.classes);
  const optimizer = tf.train.adam(1e-3);

  const loss = (): tf.Scalar => {
    const values: tf.Tensor[] = [];
    for (const [index, { node, op }] of layout.nodes.entries()) {
      const inputs = node.inputs.map((input) => input < 0 ? images : values[input]);
      values.push(op.train(node, inputs, weights[index]).output);
    }
    return tf.losses.softmaxCrossEntropy(labels, values[values.length - 1]) as tf.Scalar;
  };
  return {
    note,
    async step() {
      const value = optimizer.minimize(loss, true) as tf.Scalar;
      const [number] = await value.data();
      value.dispose();
      return number;
    },
  };
}

if (import.meta.main) await serve(create);

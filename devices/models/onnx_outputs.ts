import * as onnxruntime from "onnxruntime-node";
import type { NetworkInput } from "../../src/schemas/measurement.ts";
import { inputShape, inputValues } from "../protocol/check.ts";
import { concatenate } from "../runtimes/concatenate.ts";

/** All outputs of the ONNX model in `file`, one after the other, for its check input. Error where it cannot be run. */
export async function onnxOutputs(file: Uint8Array, input: NetworkInput): Promise<Float32Array> {
  const session = await onnxruntime.InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const [name, ...others] = session.inputNames;
    if (name === undefined || others.length > 0) {
      throw new Error(`the model has ${session.inputNames.length} inputs; it must have one`);
    }
    const feed = new onnxruntime.Tensor("float32", inputValues(input), inputShape(input));
    const results = await session.run({ [name]: feed });
    return concatenate(session.outputNames.map((output) => {
      const { data, type } = results[output];
      if (type === "string" || type === "float16") throw new Error(`the model's output ${output} is of type ${type}`);
      return data as ArrayLike<number | bigint>;
    }));
  } finally {
    await session.release();
  }
}

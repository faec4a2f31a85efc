// How onnxruntime-web builds and runs a network, whatever executes it.
import type { InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { MeasuredNetwork } from "../../src/schemas/measurement.ts";
import { inputShape, inputValues } from "../protocol/check.ts";
import { concatenate } from "./concatenate.ts";
import { oneLine } from "./one_line.ts";
import type { RunningNetwork, RuntimeHost } from "./runtime.ts";

/** onnxruntime-web, started. */
export interface Onnxruntime {
  /** As errors call it. */
  name: string;
  createSession(model: Uint8Array): Promise<InferenceSession>;
  /** Puts the input where the network reads it. */
  placeInput(values: Float32Array, shape: readonly number[]): Tensor;
  /** Waits for outputs that are under way. */
  wait<T>(result: Promise<T>): Promise<T>;
}

/** Builds `network`. Error in one line if it cannot be built; nothing is left behind then. */
export async function buildOnnxNetwork(
  { source, input: networkInput }: MeasuredNetwork,
  host: RuntimeHost,
  { name, createSession, placeInput, wait }: Onnxruntime,
): Promise<RunningNetwork> {
  if (source.kind !== "onnx") {
    const kind = source.kind === "tfjs" ? "a TF.js model" : "not an ONNX file";
    throw new Error(`cannot build it on ${name}: it is ${kind}; runtimes for those are the tfjs ones`);
  }
  const startMs = host.clock();
  const file = await host.modelFile(source.file.sha256);
  const fetchedMs = host.clock();
  let session: InferenceSession;
  try {
    session = await createSession(file);
  } catch (error) {
    throw new Error(`cannot build it on ${name}: ${sessionProblem(error)}`);
  }
  const { inputNames, outputNames } = session;
  if (inputNames.length !== 1) {
    await session.release();
    throw new Error(
      `cannot build it on ${name}: the model has ${inputNames.length} inputs (${
        inputNames.join(", ")
      }); it must have one`,
    );
  }
  const input = placeInput(inputValues(networkInput), inputShape(networkInput));
  const feeds = { [inputNames[0]]: input };
  let disposed = false;
  return {
    cold: { downloadMs: fetchedMs - startMs, buildMs: host.clock() - fetchedMs },
    async infer() {
      try {
        const outputs = await wait(session.run(feeds));
        return concatenate(outputNames.map((output) => numbers(output, outputs[output])));
      } catch (error) {
        throw new Error(`cannot run it on ${name}: ${oneLine(error)}`);
      }
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      input.dispose();
      await session.release();
    },
  };
}

function numbers(name: string, { data, type }: Tensor): ArrayLike<number | bigint> {
  if (type === "string" || type === "float16" || !ArrayBuffer.isView(data)) {
    throw new Error(`the output "${name}" is of type ${type}; it must be of float32, float64 or integers`);
  }
  return data as unknown as ArrayLike<number | bigint>;
}

/** onnxruntime's message without what says nothing to its reader. */
function sessionProblem(error: unknown): string {
  const message = oneLine(error).replace(/^.*ERROR_MESSAGE: /, "");
  return message.includes("assigned to the default CPU EP")
    ? "some of its operations can only run on the CPU there, which would not be a measurement of the GPU"
    : message;
}

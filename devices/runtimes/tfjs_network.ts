// How every tfjs backend builds and runs a network; the backends differ in how they start and how outputs are read back.
import * as tf from "@tensorflow/tfjs";
import { buildDeployedModel } from "../../src/models/deployed_model.ts";
import { initialiseWeights } from "../../src/models/weights.ts";
import type { MeasuredNetwork } from "../../src/schemas/measurement.ts";
import { inputShape, inputValues } from "../protocol/check.ts";
import { concatenate } from "./concatenate.ts";
import { oneLine } from "./one_line.ts";
import type { RunningNetwork, RuntimeHost } from "./runtime.ts";
import { buildTfjsModel, fetchArtifacts, type Predict, predictorOf } from "./tfjs_model.ts";

export interface TfjsNetworkOptions {
  host: RuntimeHost;
  /** Computes and gives the values of an output. */
  read(output: tf.Tensor): Promise<ArrayLike<number>>;
}

interface Built {
  predict: Predict;
  dispose(): void;
  cold: RunningNetwork["cold"];
}

/** Values as they come asynchronously: what fits the wasm and WebGPU backends. */
export async function readAsynchronously(output: tf.Tensor): Promise<ArrayLike<number>> {
  return await output.data<"float32" | "int32" | "bool">();
}

/** Builds `network` on the current tfjs backend. Error in one line if it cannot be built; nothing is left behind then. */
export async function buildTfjsNetwork(
  network: MeasuredNetwork,
  { host, read }: TfjsNetworkOptions,
): Promise<RunningNetwork> {
  let built: Built;
  try {
    built = await buildFrom(network.source, host);
  } catch (error) {
    throw new Error(`cannot build it on tfjs ${tf.getBackend()}: ${oneLine(error)}`);
  }
  const { predict, cold } = built;
  const input = tf.tensor(inputValues(network.input), inputShape(network.input));
  let disposed = false;
  return {
    cold,
    async infer() {
      let outputs: tf.Tensor[] = [];
      try {
        outputs = await predict(input);
        return concatenate(outputs.length === 1 ? [await read(outputs[0])] : await Promise.all(outputs.map(read)));
      } catch (error) {
        throw new Error(`cannot run it on tfjs ${tf.getBackend()}: ${oneLine(error)}`);
      } finally {
        tf.dispose(outputs);
      }
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      built.dispose();
      input.dispose();
    },
  };
}

async function buildFrom(source: MeasuredNetwork["source"], host: RuntimeHost): Promise<Built> {
  const startMs = host.clock();
  switch (source.kind) {
    case "architecture": {
      const weights = initialiseWeights(source.architecture, source.seed, { randomStatistics: true });
      const weightsMs = host.clock();
      const model = buildDeployedModel(source.architecture, weights);
      return {
        predict: (input) => [model.predict(input as tf.Tensor4D)],
        dispose: () => model.dispose(),
        cold: { downloadMs: weightsMs - startMs, buildMs: host.clock() - weightsMs },
      };
    }
    case "tfjs": {
      const artifacts = await fetchArtifacts(source, host);
      const fetchedMs = host.clock();
      const model = await buildTfjsModel(source.format, artifacts);
      return {
        predict: predictorOf(model),
        dispose: () => model.dispose(),
        cold: { downloadMs: fetchedMs - startMs, buildMs: host.clock() - fetchedMs },
      };
    }
    case "onnx":
      throw new Error("it is an ONNX file; runtimes for those are the onnxruntime ones");
    default:
      throw new Error(`no such source: ${source satisfies never}`);
  }
}

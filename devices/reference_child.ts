// The process that computes what a network must answer, by code that no measured runtime shares: architectures and TF.js
// models on tfjs' plain JavaScript backend (about 0.4 billion multiply-adds per second), ONNX files on onnxruntime's
// native one.
import * as z from "zod";
import { type MeasuredNetwork, networkSchema } from "../src/schemas/measurement.ts";
import { readModelFile } from "./models/model_file.ts";
import { onnxOutputs } from "./models/onnx_outputs.ts";
import { checkedValues } from "./protocol/check.ts";
import { oneLine } from "./runtimes/one_line.ts";
import { setBackend } from "./runtimes/set_backend.ts";
import { buildTfjsNetwork, readAsynchronously } from "./runtimes/tfjs_network.ts";
import { serveLines } from "./serve_lines.ts";

const requestSchema = z.strictObject({ network: networkSchema, files: z.array(z.tuple([z.string(), z.string()])) });

async function tfjsOutputs(
  network: MeasuredNetwork,
  modelFile: (sha256: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<number[]> {
  const host = { files: "", modelFile, clock: () => performance.now() };
  const running = await buildTfjsNetwork(network, { host, read: readAsynchronously });
  try {
    return checkedValues(await running.infer());
  } finally {
    await running.dispose();
  }
}

await setBackend("cpu");
await serveLines(async (message) => {
  const { network, files } = requestSchema.parse(message);
  const places = new Map(files);
  const modelFile = (sha256: string) => readModelFile(sha256, places);
  let outputs: number[];
  try {
    outputs = network.source.kind === "onnx"
      ? checkedValues(await onnxOutputs(await modelFile(network.source.file.sha256), network.input))
      : await tfjsOutputs(network, modelFile);
  } catch (error) {
    throw new Error(oneLine(error));
  }
  if (outputs.length === 0) throw new Error("the model gives no output");
  const odd = outputs.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new Error(`the model gives ${odd} for a normally distributed input`);
  return outputs;
});

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { inputValues } from "../../../devices/protocol/check.ts";
import { probeModel } from "../../../devices/runtimes/onnxruntime_probe.ts";
import { startOnnxruntimeWasm, startOnnxruntimeWasmThreads } from "../../../devices/runtimes/onnxruntime_wasm.ts";
import { startOnnxruntimeWebgpu } from "../../../devices/runtimes/onnxruntime_webgpu.ts";
import { setBackend } from "../../../devices/runtimes/set_backend.ts";
import { exportOnnx } from "../../../src/export/onnx.ts";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import type { MeasuredNetwork } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";
import { Files } from "./tfjs_models.ts";

const files = new Files();

function onnx(bytes: Uint8Array, shape: number[], channelsFirst: boolean): MeasuredNetwork {
  const file = files.add("model.onnx", new Uint8Array(bytes));
  return { source: { kind: "onnx", file }, input: { shape, seed: 5, channelsFirst } };
}

Deno.test("onnxruntime-wasm computes what the deployed model computes, again and again", async () => {
  const weights = initialiseWeights(tinyArchitecture, 3, { randomStatistics: true });
  const network = onnx(exportOnnx(tinyArchitecture, weights), [1, 8, 8, 1], true);
  await setBackend("cpu");
  const model = buildDeployedModel(tinyArchitecture, weights);
  const expected = tf.tidy(() => [
    ...model.predict(tf.tensor4d(inputValues({ ...network.input, channelsFirst: false }), [1, 8, 8, 1])).dataSync(),
  ]);
  model.dispose();

  const runtime = await startOnnxruntimeWasm(files.host);
  assertEquals(runtime.backend, "onnxruntime-web 1.30.0 wasm, SIMD, 1 thread");
  assertEquals(runtime.settings.threads, 1);
  const running = await runtime.build(network);
  for (let run = 0; run < 3; run++) {
    const outputs = await running.infer();
    assertEquals(outputs.length, 3);
    for (const [index, value] of expected.entries()) assert(Math.abs(outputs[index] - value) < 1e-5);
  }
  assert(running.cold.downloadMs >= 0 && running.cold.buildMs > 0);
  await running.dispose();
  await running.dispose();
});

Deno.test("onnxruntime-wasm refuses in one line what it cannot build", async () => {
  const runtime = await startOnnxruntimeWasm(files.host);
  const probe = probeModel();
  const relu = new TextDecoder().decode(probe).indexOf("Relu");
  assert(relu > 0);
  const unknown = probe.with(relu, "B".charCodeAt(0));
  const cases: [string, MeasuredNetwork][] = [
    ["No Op registered for Belu", onnx(unknown, [1], false)],
    ["protobuf parsing failed", onnx(Uint8Array.of(1, 2, 3, 4), [1], false)],
    ["runtimes for those are the tfjs ones", {
      source: { kind: "architecture", architecture: tinyArchitecture, seed: 3 },
      input: { shape: [1, 8, 8, 1], seed: 5, channelsFirst: false },
    }],
  ];
  for (const [reason, network] of cases) {
    const { message } = await assertRejects(() => runtime.build(network), Error, reason);
    assert(message.startsWith("cannot build it on onnxruntime wasm: ") && !message.includes("\n"), message);
  }
  const wrongShape = await runtime.build(onnx(probe, [2], false));
  await assertRejects(() => wrongShape.infer(), Error, "cannot run it on onnxruntime wasm: ");
  await wrongShape.dispose();
});

Deno.test("onnxruntime-wasm refuses a model with two inputs", async () => {
  const runtime = await startOnnxruntimeWasm(files.host);
  // Protocol buffers merge: a second graph with one more input "w" of the shape of "x".
  const value = [10, 1, 119, 18, 10, 10, 8, 8, 1, 18, 4, 10, 2, 8, 1];
  const graph = [58, value.length + 2, 90, value.length, ...value];
  const network = onnx(Uint8Array.from([...probeModel(), ...graph]), [1], false);
  await assertRejects(() => runtime.build(network), Error, "the model has 2 inputs (x, w); it must have one");
});

Deno.test("onnxruntime-wasm with threads says that it needs a browser", async () => {
  await assertRejects(() => startOnnxruntimeWasmThreads(files.host), Error, "they need a browser");
});

const adapter = await navigator.gpu?.requestAdapter();

Deno.test({
  name: "onnxruntime-webgpu computes all of a network on the GPU, or refuses it",
  // No adapter, not even an emulated one.
  ignore: !adapter,
  async fn() {
    const runtime = await startOnnxruntimeWebgpu(files.host);
    assert(runtime.backend.startsWith("onnxruntime-web 1.30.0 webgpu, "));
    assertEquals(runtime.settings.cpuFallback, false);
    const network = onnx(probeModel(), [1], false);
    const [value] = inputValues(network.input);
    const running = await runtime.build(network);
    for (let run = 0; run < 2; run++) assertEquals([...await running.infer()], [Math.max(0, value)]);
    await running.dispose();

    // Protocol buffers merge: one more node, `z = Hardmax(x)`, which has no GPU form.
    const node = field(10, [
      10,
      1,
      120,
      18,
      1,
      122,
      ...field(34, [..."Hardmax"].map((letter) => letter.charCodeAt(0))),
    ]);
    const output = field(98, [...field(10, [122]), ...field(18, field(10, [8, 1, ...field(18, field(10, [8, 1]))]))]);
    const mixed = onnx(Uint8Array.from([...probeModel(), ...field(58, [...node, ...output])]), [1], false);
    await assertRejects(() => runtime.build(mixed), Error, "can only run on the CPU");
    const onWasm = await (await startOnnxruntimeWasm(files.host)).build(mixed);
    assertEquals([...await onWasm.infer()], [Math.max(0, value), 1]);
    await onWasm.dispose();
  },
});

/** A field of a protocol buffer by its key. */
function field(key: number, content: number[]): number[] {
  return [key, content.length, ...content];
}

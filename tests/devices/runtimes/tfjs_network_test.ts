import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { inputShape, inputValues } from "../../../devices/protocol/check.ts";
import type { StartedRuntime } from "../../../devices/runtimes/runtime.ts";
import { setBackend } from "../../../devices/runtimes/set_backend.ts";
import { startTfjsWasm } from "../../../devices/runtimes/tfjs_wasm.ts";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import type { MeasuredNetwork } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";
import { Files, operation, placeholder } from "./tfjs_models.ts";

const files = new Files();

/** Runs `fn` with tfjs-wasm, and makes sure that it leaves no tensor behind. */
async function onWasm(fn: (runtime: StartedRuntime) => Promise<void>): Promise<void> {
  const runtime = await startTfjsWasm(files.host);
  const before = tf.memory().numTensors;
  await fn(runtime);
  assertEquals(tf.memory().numTensors, before);
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assertEquals(actual.length, expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  assert(largest > 0);
  for (let index = 0; index < expected.length; index++) {
    assert(Math.abs(actual[index] - expected[index]) <= 1e-4 * largest, `${actual[index]} for ${expected[index]}`);
  }
}

function inputOf({ input }: MeasuredNetwork): tf.Tensor {
  return tf.tensor(inputValues(input), inputShape(input));
}

/** What `compute` makes of the network's input on tfjs' plain JavaScript backend, all outputs one after the other. */
async function onCpu(network: MeasuredNetwork, compute: (input: tf.Tensor) => tf.Tensor[]): Promise<number[]> {
  await setBackend("cpu");
  return tf.tidy(() => compute(inputOf(network)).flatMap((output) => [...output.dataSync()]));
}

const tiny: MeasuredNetwork = {
  source: { kind: "architecture", architecture: tinyArchitecture, seed: 3 },
  input: { shape: [1, 8, 8, 1], seed: 5, channelsFirst: false },
};

Deno.test("tfjs-wasm says what it is: one thread, its settings pinned", () =>
  onWasm((runtime) => {
    assertEquals(runtime.backend, `tfjs ${tf.version_core} wasm, SIMD, 1 thread`);
    assertEquals([runtime.softwareAdapter, runtime.settings.threads], [false, 1]);
    assertEquals(tf.env().get("WASM_HAS_MULTITHREAD_SUPPORT"), false);
    return Promise.resolve();
  }));

Deno.test("an architecture computes what its deployed model computes on the CPU backend, again and again", async () => {
  const weights = initialiseWeights(tinyArchitecture, 3, { randomStatistics: true });
  const expected = await onCpu(tiny, (input) => {
    const model = buildDeployedModel(tinyArchitecture, weights);
    const output = model.predict(input as tf.Tensor4D);
    model.dispose();
    return [output];
  });
  await onWasm(async (runtime) => {
    const network = await runtime.build(tiny);
    for (let run = 0; run < 3; run++) assertClose(await network.infer(), expected);
    assert(network.cold.downloadMs >= 0 && network.cold.buildMs > 0);
    await network.dispose();
    await network.dispose();
  });
});

Deno.test("a LayersModel in shards with two outputs gives both, one after the other", async () => {
  await setBackend("cpu");
  const input = tf.input({ shape: [6, 6, 2] });
  const flat = tf.layers.flatten().apply(
    tf.layers.conv2d({ filters: 3, kernelSize: 3, activation: "relu" }).apply(input),
  );
  const outputs = [4, 3].map((units) => tf.layers.dense({ units }).apply(flat) as tf.SymbolicTensor);
  const model = tf.model({ inputs: input, outputs });
  const network = await files.layersModel(model, [1, 6, 6, 2]);
  const expected = await onCpu(network, (images) => model.predict(images) as tf.Tensor[]);
  assertEquals(expected.length, 7);
  model.dispose();
  await onWasm(async (runtime) => {
    const running = await runtime.build(network);
    for (let run = 0; run < 2; run++) assertClose(await running.infer(), expected);
    await running.dispose();
  });
});

Deno.test("a GraphModel runs, one with control flow too", async () => {
  const shape = [1, 6];
  const plain = files.graphModel([placeholder("x", shape), operation("Relu", "y", ["x"])], shape);
  // Where() gives as many rows as there are values other than 0: its shape follows from the values.
  const dynamic = files.graphModel([
    placeholder("x", shape),
    operation("Relu", "positive", ["x"]),
    { name: "zero", op: "ZerosLike", input: ["x"], attr: {} },
    { name: "mask", op: "Greater", input: ["positive", "zero"], attr: {} },
    { name: "where", op: "Where", input: ["mask"], attr: {} },
  ], shape);
  const values = [...inputValues(plain.input)];
  const columns = values.flatMap((value, index) => value > 0 ? [0, index] : []);
  assert(columns.length > 0);
  await onWasm(async (runtime) => {
    const first = await runtime.build(plain);
    assertEquals([...await first.infer()], values.map((value) => Math.max(0, value)));
    await first.dispose();
    const second = await runtime.build(dynamic);
    for (let run = 0; run < 3; run++) assertEquals([...await second.infer()], columns);
    await second.dispose();
  });
});

Deno.test("what cannot be built is refused in one line, and leaves nothing behind", async () => {
  const shape = [1, 4];
  const add = operation("AddV2", "y", ["x", "x2"]);
  const missing = files.graphModel([placeholder("x", shape)], shape);
  const cases: [string, MeasuredNetwork][] = [
    ["has 2 inputs (x, x2)", files.graphModel([placeholder("x", shape), placeholder("x2", shape), add], shape)],
    [
      'input "x" takes int32',
      files.graphModel([placeholder("x", shape, "DT_INT32"), operation("Relu", "y", ["x"])], shape),
    ],
    ["is not a TF.js model", {
      ...missing,
      source: { kind: "tfjs", format: "graph", files: [files.add("model.json", "{ broken")] },
    }],
    ["names the file b.bin, which was not given", {
      ...missing,
      source: {
        kind: "tfjs",
        format: "graph",
        files: [files.add(
          "model.json",
          JSON.stringify({ modelTopology: { node: [] }, weightsManifest: [{ paths: ["b.bin"], weights: [] }] }),
        )],
      },
    }],
    ["runtimes for those are the onnxruntime ones", {
      ...missing,
      source: { kind: "onnx", file: files.add("a.onnx", "onnx") },
    }],
  ];
  await onWasm(async (runtime) => {
    for (const [reason, network] of cases) {
      const { message } = await assertRejects(() => runtime.build(network), Error, reason);
      assert(message.startsWith("cannot build it on tfjs wasm: ") && !message.includes("\n"), message);
    }
  });
});

Deno.test("an op that the backend lacks fails at the first inference, in one line and without leaks", async () => {
  const shape = [1, 4];
  const network = files.graphModel([placeholder("x", shape), operation("Erf", "e", ["x"]), {
    name: "y",
    op: "Diag",
    input: ["e"],
    attr: { T: { type: "DT_FLOAT" } },
  }], shape);
  await onWasm(async (runtime) => {
    const running = await runtime.build(network);
    const { message } = await assertRejects(() => running.infer(), Error, "cannot run it on tfjs wasm: ");
    assert(!message.includes("\n") && message.length < 400, message);
    await running.dispose();
  });
});

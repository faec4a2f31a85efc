import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { startWasmEngine } from "../../../../src/engine/wasm/engine.ts";
import { Adam } from "../../../../src/training/rules/adam.ts";
import { hiddenWeightsRule } from "../../../../src/training/rules/hidden_weights_rule.ts";
import { buildStudent } from "../../../../src/training/student.ts";
import type { Architecture } from "../../../../src/schemas/architecture.ts";

Deno.test("Adam's first step is the rate along each sign, later ones follow its formula", () => {
  const adam = new Adam(3);
  const values = Float32Array.of(1, 1, 1);
  const gradients = [Float32Array.of(2, -0.5, 0), Float32Array.of(-1, -0.5, 0)];
  adam.update(values, gradients[0], 0.1);
  for (const [i, expected] of [0.9, 1.1, 1].entries()) assertAlmostEquals(values[i], expected, 1e-6);
  adam.update(values, gradients[1], 0.1);
  // By hand for the first: m = (0.9 * 0.2 - 0.1) / 0.19, v = (0.999 * 0.004 + 0.001) / 0.001999.
  assertAlmostEquals(values[0], 0.9 - 0.1 * (0.08 / 0.19) / Math.sqrt(0.004996 / 0.001999), 1e-5);
  assertEquals(values[2], 1);
  assertThrows(() => adam.update(values, new Float32Array(2), 0.1), RangeError, "Adam of 3 numbers");
});

const tiny: Architecture = {
  version: 1,
  input: { height: 4, width: 4, channels: 2 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 4, activation: "relu" },
    { op: "globalAveragePool", inputs: [0] },
    { op: "dense", inputs: [1], units: 3 },
  ],
};

Deno.test("hidden weights move by the visible ones' gradient, the network runs on the visible ones", async () => {
  const engine = await startWasmEngine();
  const student = await buildStudent(tiny, { backend: engine, batchSize: 4, seed: 1 });
  const { network } = student;
  const images = Float32Array.from({ length: 4 * 32 }, (_, i) => Math.sin(3 * i));
  const labels = Int32Array.of(0, 1, 2, 0);
  const start = await student.parameters();
  const seen: Float32Array[] = [];
  const rule = await hiddenWeightsRule(network, {
    visible(hidden) {
      seen.push(hidden.slice());
      return hidden.map((value) => Math.round(8 * value) / 8);
    },
    limit(hidden) {
      for (let i = 0; i < hidden.length; i++) hidden[i] = Math.min(1, Math.max(-1, hidden[i]));
    },
  });
  const rounded = start.map((value) => Math.round(8 * value) / 8);
  assertEquals(await student.parameters(), rounded);
  const statistics = (await network.readWeights()).statistics;
  network.forward(images);
  network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
  network.backward();
  const gradient = await network.readGradient();
  await rule.update(0.01);
  const [before, after] = seen;
  assertEquals(before, start);
  const expected = start.slice();
  new Adam(start.length).update(expected, gradient, 0.01);
  for (const [i, value] of after.entries()) assertAlmostEquals(value, Math.min(1, Math.max(-1, expected[i])), 1e-7);
  assertEquals(await student.parameters(), after.map((value) => Math.round(8 * value) / 8));
  // Batch norm's averages have seen the batch and stay seen.
  assert((await network.readWeights()).statistics.some((value, i) => value !== statistics[i]));
  student.dispose();
  engine.dispose();
});

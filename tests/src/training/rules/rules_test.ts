import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { startWasmEngine } from "../../../../src/engine/wasm/engine.ts";
import { Adam } from "../../../../src/training/rules/adam.ts";
import { hiddenWeightsRule } from "../../../../src/training/rules/hidden_weights_rule.ts";
import { learnedPointsRule } from "../../../../src/training/rules/learned_points_rule.ts";
import type { ParameterRule } from "../../../../src/training/parameter_rule.ts";
import { kernelsOf, kernelValues } from "../../../../src/quantisation/kernels.ts";
import { buildStudent, type Student } from "../../../../src/training/student.ts";
import { DivergedError } from "../../../../src/training/train_steps.ts";
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

const labels = Int32Array.of(0, 1, 2, 0);
const drawnImages = (step: number) =>
  Float32Array.from({ length: 4 * 32 }, (_, i) => (step + 1) * Math.sin(3 * i + step));

/** A step up to the gradient, on images of its own. */
function backward({ network }: Student, step: number): void {
  network.forward(drawnImages(step));
  network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
  network.backward();
}

const rules: Record<string, (student: Student, architecture: Architecture) => Promise<ParameterRule>> = {
  "hidden weights": ({ network }) => hiddenWeightsRule(network, { visible: (hidden) => hidden }),
  "learned points": ({ network }, architecture) =>
    learnedPointsRule(network, {
      kernels: kernelsOf(architecture),
      bits: 3,
      bucketSize: 1000,
      byGradient: false,
      rateFactor: 1,
    }),
};

for (const [name, makeRule] of Object.entries(rules)) {
  Deno.test(`with ${name} batch norm's averages are those of the network's own optimizer, step by step`, async () => {
    const engine = await startWasmEngine();
    const build = () => buildStudent(tiny, { backend: engine, batchSize: 4, seed: 1 });
    const [ruled, plain] = [await build(), await build()];
    const rule = await makeRule(ruled, tiny);
    for (let step = 0; step < 25; step++) {
      plain.network.writeParameters(await ruled.parameters());
      for (const student of [ruled, plain]) backward(student, step);
      await rule.update(0.01);
      plain.network.update(0);
      assertEquals((await ruled.weights()).statistics, (await plain.weights()).statistics, `step ${step}`);
    }
    ruled.dispose();
    plain.dispose();
    engine.dispose();
  });

  Deno.test(`with ${name} dropout is drawn anew at each step`, async () => {
    const engine = await startWasmEngine();
    const [conv, pool] = tiny.nodes;
    const nodes: Architecture["nodes"] = [
      conv,
      pool,
      { op: "dropout", inputs: [1], rate: 0.5 },
      { op: "dense", inputs: [2], units: 3 },
    ];
    const dropping = { ...tiny, nodes };
    const student = await buildStudent(dropping, { backend: engine, batchSize: 4, seed: 1 });
    const rule = await makeRule(student, dropping);
    const logits: Float32Array[] = [];
    for (let step = 0; step < 2; step++) {
      backward(student, 0);
      logits.push(await student.network.read("logits"));
      await rule.update(0);
    }
    assertNotEquals(logits[0], logits[1]);
    student.dispose();
    engine.dispose();
  });
}

Deno.test("a hidden weight or a point that is not finite ends the training, whatever the network runs on", async () => {
  const engine = await startWasmEngine();
  const cases = {
    "a hidden weight": ({ network }: Student) =>
      // Visible are zeros and ones: rounding has made a level of what is not a number.
      hiddenWeightsRule(network, { visible: (hidden) => hidden.map((value) => value > 0 ? 1 : 0) }),
    "a point of quantisation": (student: Student) => rules["learned points"](student, tiny),
  };
  for (const [what, makeRule] of Object.entries(cases)) {
    for (const bad of [NaN, Infinity]) {
      const student = await buildStudent(tiny, { backend: engine, batchSize: 4, seed: 1 });
      const rule = await makeRule(student);
      for (const step of [1, 2]) {
        backward(student, step);
        const gradient = await student.network.readGradient();
        if (step === 2) gradient[kernelsOf(tiny)[0].offset] = bad;
        student.network.writeGradient(gradient);
        if (step === 1) await rule.update(0.01);
      }
      await assertRejects(() => rule.update(0.01), DivergedError, `${what} is not finite after step 2`);
      student.dispose();
    }
  }
  engine.dispose();
});

Deno.test("Adam's moments follow values that change places", () => {
  const gradient = Float32Array.of(1, -2, 3);
  const [straight, moved] = [new Adam(3), new Adam(3)];
  const values = Float32Array.of(1, 2, 3);
  straight.update(values, gradient, 0.1);
  const places = [2, 0, 1];
  const permuted = (from: Float32Array) => Float32Array.from(places, (place) => from[place]);
  moved.update(Float32Array.of(1, 2, 3), gradient, 0.1);
  moved.reorder(places);
  const others = permuted(values);
  const next = Float32Array.of(0.5, 0.25, -1);
  straight.update(values, next, 0.1);
  moved.update(others, permuted(next), 0.1);
  assertEquals(others, permuted(values));
});

Deno.test("points that cross keep their directions", async () => {
  const engine = await startWasmEngine();
  const student = await buildStudent(tiny, { backend: engine, batchSize: 4, seed: 1 });
  const { network } = student;
  const [kernel] = kernelsOf(tiny);
  const options = { kernels: [kernel], bits: 1, bucketSize: 1000, byGradient: false, rateFactor: 1 };
  const rule = await learnedPointsRule(network, options);
  const gapOf = async () => {
    const values = kernelValues(await student.parameters(), kernel);
    return Math.max(...values) - Math.min(...values);
  };
  const gap = await gapOf();
  const range = gap / 0.5;
  // The lower point is to rise and the upper one to fall, past each other.
  const gradient = new Float32Array((await student.parameters()).length);
  for (const [i, level] of Array.from(rule.tensors()[0].levels).entries()) {
    gradient[kernel.offset + i] = level === 0 ? -1 : 1;
  }
  backward(student, 0);
  network.writeGradient(gradient);
  await rule.update(0.3);
  const crossed = await gapOf();
  assert(crossed > 0 && crossed < 0.8 * range, `${crossed} of about ${range}`);
  // Without a gradient what is left of their moments moves them further on, so apart.
  backward(student, 0);
  network.writeGradient(gradient.fill(0));
  await rule.update(0.05);
  assert(await gapOf() > crossed, `${await gapOf()} after ${crossed}`);
  student.dispose();
  engine.dispose();
});

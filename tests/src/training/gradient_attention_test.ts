import { assert, assertEquals, assertRejects } from "@std/assert";
import { Random } from "../../../src/data/random.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import type { TeacherOutput } from "../../../src/teachers/teacher.ts";
import { gradientAttentionLoss } from "../../../src/training/gradient_attention.ts";
import { buildStudent } from "../../../src/training/student.ts";

const engine = await startWasmEngine();

// Smooth, so that finite differences of the loss are what they should be.
const architecture: Architecture = {
  version: 1,
  input: { height: 4, width: 4, channels: 2 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 5, activation: "none" },
    { op: "conv", inputs: [0], kernel: 3, stride: 2, filters: 6, activation: "none" },
    { op: "globalAveragePool", inputs: [1] },
    { op: "dense", inputs: [2], units: 3 },
  ],
};
const batchSize = 6;
const size = batchSize * 32;
const random = new Random(3);
const values = (length: number, scale: number) => Float32Array.from({ length }, () => scale * random.normal());
const images = values(size, 1);
const labels = Int32Array.of(0, 1, 2, 1, 0, 2);
const teacher: TeacherOutput & { imageGradient: Float32Array } = {
  logits: new Float32Array(),
  features: {},
  imageGradient: values(size, 0.02),
};
const weights = initialiseWeights(architecture, 1);
const batch: { images: Float32Array; labels: Int32Array; teachers: TeacherOutput[] } = {
  images,
  labels,
  teachers: [teacher],
};

async function gradientAt(parameters: Float32Array, weight: number) {
  const student = await buildStudent(architecture, {
    backend: engine,
    batchSize,
    seed: 1,
    weights: { ...weights, parameters },
    imageGradient: true,
  });
  const loss = gradientAttentionLoss<typeof batch>(student, { weight, size: 0.002 });
  student.network.forward(images);
  await loss.backward(batch, 0);
  const result = { loss: (await loss.read())[0], gradient: await student.network.readGradient() };
  student.dispose();
  return result;
}

Deno.test("gradient attention has the gradient of its finite differences", async () => {
  const weight = 40;
  const { gradient, loss } = await gradientAt(weights.parameters, weight);
  const plain = await gradientAt(weights.parameters, 0);
  assert(loss - plain.loss > 0.1 * plain.loss, `the term is ${loss - plain.loss} beside ${plain.loss}`);
  let largest = 0;
  for (let seed = 0; seed < 4; seed++) {
    const direction = values(gradient.length, 1);
    const h = 2e-3;
    const lossAt = async (by: number) =>
      (await gradientAt(weights.parameters.map((value, index) => value + by * direction[index]), weight)).loss;
    const expected = (await lossAt(h) - await lossAt(-h)) / (2 * h);
    const slope = (of: Float32Array) => of.reduce((sum, value, index) => sum + value * direction[index], 0);
    const error = Math.abs(slope(gradient) - expected);
    // The slope along a random direction is of the size of the gradient.
    assert(error < 0.02 * Math.hypot(...gradient), `${slope(gradient)} along direction ${seed}, not ${expected}`);
    largest = Math.max(largest, Math.abs(slope(plain.gradient) - expected));
  }
  assert(largest > 0.2 * Math.hypot(...gradient), "the term hardly matters here");
});

Deno.test("gradient attention on top of another loss adds its term to that loss's gradient", async () => {
  const build = () => buildStudent(architecture, { backend: engine, batchSize, seed: 1, weights, imageGradient: true });
  const student = await build();
  const { network } = student;
  // The other loss: three times the cross-entropy.
  const inner = {
    async backward() {
      network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
      network.backward();
      network.writeGradient((await network.readGradient()).map((value) => 3 * value));
    },
    read: async () => (await network.readLosses()).map((value) => 3 * value),
    endStep() {},
    dispose() {},
  };
  const loss = gradientAttentionLoss<typeof batch>(student, { weight: 40, size: 0.002, inner });
  network.forward(images);
  await loss.backward(batch, 0);
  const [both, alone, plain] = [
    { loss: (await loss.read())[0], gradient: await network.readGradient() },
    await gradientAt(weights.parameters, 40),
    await gradientAt(weights.parameters, 0),
  ];
  assert(Math.abs(both.loss - alone.loss - 2 * plain.loss) < 1e-4);
  for (const [index, value] of both.gradient.entries()) {
    assert(Math.abs(value - alone.gradient[index] - 2 * plain.gradient[index]) < 2e-3, `parameter ${index}`);
  }
  student.dispose();
});

Deno.test("what another loss said of a feature stays out of the term", async () => {
  const tapped: Architecture = {
    ...architecture,
    nodes: architecture.nodes.map((node, index) => index === 1 ? { ...node, tap: "stage1" } : node),
  };
  const student = await buildStudent(tapped, {
    backend: engine,
    batchSize,
    seed: 1,
    weights,
    features: ["stage1"],
    imageGradient: true,
  });
  const { network } = student;
  const pull = values(batchSize * 2 * 2 * 6, 1);
  const inner = {
    backward() {
      network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
      network.backward({ stage1: pull });
    },
    read: () => network.readLosses(),
    endStep() {},
    dispose() {},
  };
  network.forward(images);
  inner.backward();
  const pulled = await network.readGradient();
  await network.readLosses();
  const loss = gradientAttentionLoss<typeof batch>(student, { weight: 40, size: 0.002, inner });
  network.forward(images);
  await loss.backward(batch, 0);
  const [alone, plain] = [await gradientAt(weights.parameters, 40), await gradientAt(weights.parameters, 0)];
  assert(Math.abs((await loss.read())[0] - alone.loss) < 1e-4);
  for (const [index, value] of (await network.readGradient()).entries()) {
    const term = alone.gradient[index] - plain.gradient[index];
    assert(Math.abs(value - pulled[index] - term) < 5e-3, `parameter ${index}`);
  }
  student.dispose();
});

/** A student with ReLU and batch norm trained on one batch: cross-entropy and squared difference of gradients at the end. */
async function trained(weight: number, taught: typeof batch): Promise<{ crossEntropy: number; difference: number }> {
  const relu: Architecture = {
    ...architecture,
    nodes: architecture.nodes.map((node) => node.op === "conv" ? { ...node, filters: 16, activation: "relu" } : node),
  };
  const start = initialiseWeights(relu, 1);
  const student = await buildStudent(relu, {
    backend: engine,
    batchSize,
    seed: 1,
    weights: start,
    imageGradient: true,
  });
  const loss = gradientAttentionLoss<typeof batch>(student, { weight });
  for (let step = 0; step < 60; step++) {
    student.network.forward(images);
    await loss.backward(taught, 0);
    student.network.update(0.01);
  }
  await loss.read();
  student.network.forward(images);
  student.network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
  student.network.backward();
  const crossEntropy = await student.network.readLoss();
  const wanted = taught.teachers[0].imageGradient ?? new Float32Array();
  const own = await student.network.readImageGradient();
  const difference = batchSize * own.reduce((sum, value, index) => sum + (value - wanted[index]) ** 2, 0);
  student.dispose();
  return { crossEntropy, difference };
}

Deno.test("a student with ReLU comes nearer to its teacher's gradients and still learns the labels", async () => {
  const other = await buildStudent(architecture, { backend: engine, batchSize, seed: 9, imageGradient: true });
  for (let step = 0; step < 8; step++) {
    other.network.forward(images);
    other.network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
    other.network.backward();
    other.network.update(0.01);
  }
  const imageGradient = await other.network.readImageGradient();
  other.dispose();
  const taught = { ...batch, teachers: [{ ...teacher, imageGradient }] };
  const [plain, attentive] = [await trained(0, taught), await trained(10, taught)];
  assert(
    attentive.difference < 0.8 * plain.difference,
    `${attentive.difference}, without the term ${plain.difference}`,
  );
  assert(attentive.crossEntropy < 0.3 * Math.log(3), `cross-entropy ${attentive.crossEntropy}`);
});

Deno.test("a student whose gradients are the teacher's has the cross-entropy's gradient alone", async () => {
  const student = await buildStudent(architecture, {
    backend: engine,
    batchSize,
    seed: 1,
    weights,
    imageGradient: true,
  });
  student.network.forward(images);
  student.network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
  student.network.backward();
  const [gradient, imageGradient] = [await student.network.readGradient(), await student.network.readImageGradient()];
  await student.network.readLosses();
  const loss = gradientAttentionLoss<typeof batch>(student, { weight: 40 });
  student.network.forward(images);
  await loss.backward({ ...batch, teachers: [{ ...teacher, imageGradient }] }, 0);
  assertEquals(await student.network.readGradient(), gradient);
  const deaf: TeacherOutput = { logits: new Float32Array(), features: {} };
  await assertRejects(
    async () => await loss.backward({ ...batch, teachers: [deaf] }, 0),
    RangeError,
    "needs the teacher's gradient",
  );
  student.dispose();
});

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Random } from "../../../src/data/random.ts";
import { parameterGradientDifference } from "../../../src/training/gradient_difference.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";
import { buildStudent, type StudentOutput } from "../../../src/training/student.ts";
import { everyOpNetwork } from "../engine/every_op_network.ts";
import { fakeEngine, meanNetwork } from "./fake_engine.ts";

const shape = { height: 2, width: 3, channels: 2 };
const classes = 3;
const network = meanNetwork(shape, classes);
const batchSize = 4;
const labels = [0, 2, 1, 1];

function normal(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal());
}

function softmax(scores: Float32Array): number[] {
  const exponentials = Array.from(scores, Math.exp);
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** Gradient of the mean cross-entropy with `labels`. */
function lossGradients({ logits }: StudentOutput): Record<string, Float32Array> {
  const rows = labels.map((label, row) =>
    softmax(logits.subarray(row * classes, (row + 1) * classes)).map((p, unit) =>
      (p - Number(unit === label)) / batchSize
    )
  );
  return { logits: Float32Array.from(rows.flat()) };
}

Deno.test("a student gives logits and features, and takes back their gradients", async () => {
  const engine = fakeEngine();
  const options = { backend: engine, batchSize, seed: 2, features: ["embedding"], gradients: ["logits"] };
  const student = await buildStudent(network, options);
  const output = await student.forward(normal(batchSize * 12, 1));
  assertEquals([output.logits.length, Object.keys(output.features)], [batchSize * classes, ["embedding"]]);
  assertEquals([student.shapeOf("logits"), student.shapeOf("embedding")], [[4, 3], [4, 2]]);
  const gradient = await student.backward(lossGradients(output));
  assertEquals(gradient.length, (await student.parameters()).length);
  assert(gradient.some((value) => value !== 0));
  await assertRejects(() => student.backward({}), RangeError, 'the gradient of "logits" is missing');
  assertThrows(() => student.shapeOf("stage1"), RangeError, "built with logits, embedding");
  student.dispose();
  assertEquals(engine.disposed, false, "an engine that was brought along is not the student's");
});

Deno.test("a student starts from its seed or from given weights", async () => {
  const build = async (options: { seed: number; weights?: { parameters: Float32Array; statistics: Float32Array } }) =>
    await (await buildStudent(network, { backend: fakeEngine(), batchSize, ...options })).weights();
  const first = await build({ seed: 2 });
  assertEquals(await build({ seed: 2 }), first);
  assert((await build({ seed: 3 })).parameters.some((value, index) => value !== first.parameters[index]));
  assertEquals(await build({ seed: 3, weights: first }), first);
});

Deno.test("the predictor of a student predicts what the student does, also of fewer images than a batch", async () => {
  const student = await buildStudent(network, { backend: fakeEngine(), batchSize, seed: 2 });
  const images = normal(batchSize * 12, 1);
  const { logits } = await student.forward(images);
  const predictor = await student.predictor({ batchSize: 3 });
  assertEquals(await predictor.predict(images.subarray(0, 36)), logits.subarray(0, 9));
  assertEquals(await predictor.predict(images.subarray(36)), logits.subarray(9));
  await assertRejects(() => predictor.predict(images), RangeError, "up to 3 images of 12 values, got 48");
  predictor.dispose();
  student.dispose();
});

Deno.test("the difference of parameter gradients is the second-order term worked out by hand", async () => {
  const student = await buildStudent(network, { backend: fakeEngine(), batchSize, seed: 2 });
  const images = normal(batchSize * 12, 1);
  const direction = normal(batchSize * 12, 8);
  const actual = await parameterGradientDifference(student, { images, direction, lossGradients });

  // Logits are m W + b with m the channel means, so along the direction m moves by dm, and the gradients m' e / N of W
  // and e / N of b, e = softmax - target, by (dm' e + m' de) / N and de / N.
  const parameters = await student.parameters();
  const { logits } = await student.forward(images);
  const expected = new Float64Array(parameters.length);
  for (const [row, label] of labels.entries()) {
    const meansOf = (values: Float32Array) =>
      [0, 1].map((channel) => {
        const pixels = values.subarray(row * 12, (row + 1) * 12).filter((_, place) => place % 2 === channel);
        return pixels.reduce((sum, value) => sum + value, 0) / 6;
      });
    const [m, dm] = [meansOf(images), meansOf(direction)];
    const p = softmax(logits.subarray(row * classes, (row + 1) * classes));
    const dz = p.map((_, unit) => dm[0] * parameters[unit] + dm[1] * parameters[classes + unit]);
    const meanChange = p.reduce((sum, value, unit) => sum + value * dz[unit], 0);
    for (let unit = 0; unit < classes; unit++) {
      const e = p[unit] - Number(unit === label);
      const de = p[unit] * (dz[unit] - meanChange);
      for (const c of [0, 1]) expected[c * classes + unit] += (dm[c] * e + m[c] * de) / batchSize;
      expected[2 * classes + unit] += de / batchSize;
    }
  }
  const largest = Math.max(...expected.map(Math.abs));
  assert(largest > 1e-2, `${expected}`);
  for (const [index, value] of expected.entries()) {
    assert(Math.abs(actual[index] - value) < 1e-3 * largest, `${index}: ${actual[index]}, expected ${value}`);
  }
  const still = new Float32Array(images.length);
  const none = await parameterGradientDifference(student, { images, direction: still, lossGradients });
  assertEquals(none, new Float32Array(parameters.length));
  await assertRejects(
    () => parameterGradientDifference(student, { images, direction: still.subarray(1), lossGradients }),
    RangeError,
    "the images' 48 values, got 47",
  );
  student.dispose();
});

Deno.test("a student of few bits is predicted with as few", async () => {
  const student = await buildStudent(everyOpNetwork, { backend: "wasm", batchSize: 2, seed: 1, weightBits: 3 });
  const { height, width, channels } = everyOpNetwork.input;
  const images = normal(2 * height * width * channels, 4);
  const predictor = await student.predictor();
  const predicted = await predictor.predict(images);
  const plain = await buildPredictor(everyOpNetwork, { engine: student.engine, weights: await student.weights() });
  assert((await plain.predict(images)).some((value, index) => Math.abs(value - predicted[index]) > 1e-3));
  const weights = await student.weights();
  const rounded = await buildPredictor(everyOpNetwork, { engine: student.engine, weights, weightBits: 3 });
  assertEquals(predicted, await rounded.predict(images));
  student.dispose();
});

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { LstmPolicy } from "../../../search/controllers/lstm_policy.ts";
import { Random } from "../../../src/data/random.ts";

const choices = [1, 2, 3, 4, 7];

function createPolicy(seed = 1): LstmPolicy {
  const random = new Random(seed);
  const policy = new LstmPolicy({ choices, hiddenSize: 5, logitBound: 2 }, random);
  // Larger than at the start, so that gates, tanh and bound all leave their linear range.
  for (let i = 0; i < policy.parameters.length; i++) policy.parameters[i] = random.normal();
  return policy;
}

Deno.test("the probabilities of every decision sum to 1, and no logit exceeds its bound", () => {
  const policy = createPolicy();
  const { logProbabilities } = policy.forward([0, 1, 2, 3, 6]);
  for (const [index, count] of choices.entries()) {
    const row = logProbabilities.subarray(policy.offsets[index], policy.offsets[index + 1]);
    assertEquals(row.length, count);
    assertAlmostEquals(row.reduce((sum, value) => sum + Math.exp(value), 0), 1, 1e-12);
    assert(Math.max(...row) - Math.min(...row) <= 2 * 2);
  }
});

Deno.test("a decision depends on the tokens before it and on no others", () => {
  const policy = createPolicy();
  const [one, other] = [policy.forward([0, 1, 0, 2, 3]), policy.forward([0, 1, 2, 0, 1])];
  const same = policy.offsets[3];
  assertEquals(one.logProbabilities.slice(0, same), other.logProbabilities.slice(0, same));
  for (let i = same; i < policy.offsets[5]; i++) assert(one.logProbabilities[i] !== other.logProbabilities[i]);
});

Deno.test("tokens are drawn with the probabilities that forward gives", () => {
  const policy = createPolicy();
  const random = new Random(2);
  const draws = 20_000;
  const samples = Array.from({ length: draws }, () => policy.sample(random));
  const expected = policy.forward([0, 0, 0, 0, 0]).logProbabilities;
  for (const token of [0, 1]) {
    const share = samples.filter((tokens) => tokens[1] === token).length / draws;
    assertAlmostEquals(share, Math.exp(expected[1 + token]), 0.015); // four standard deviations
  }
  const given = samples.filter((tokens) => tokens[1] === 0);
  for (const token of [0, 1, 2]) {
    const share = given.filter((tokens) => tokens[2] === token).length / given.length;
    assertAlmostEquals(share, Math.exp(expected[3 + token]), 2 / Math.sqrt(given.length));
  }
});

Deno.test("back-propagation through time agrees with finite differences in every parameter", () => {
  for (const tokens of [[0, 1, 2, 3, 6], [0, 0, 1, 2, 4]]) {
    const policy = createPolicy(3);
    const random = new Random(4);
    const upstream = Float64Array.from({ length: policy.offsets[5] }, () => random.normal());
    const objective = () => policy.forward(tokens).logProbabilities.reduce((sum, v, i) => sum + v * upstream[i], 0);
    const gradient = new Float64Array(policy.parameters.length);
    policy.backward(policy.forward(tokens), upstream, gradient);

    const step = 1e-5;
    for (let i = 0; i < gradient.length; i++) {
      const kept = policy.parameters[i];
      policy.parameters[i] = kept + step;
      const above = objective();
      policy.parameters[i] = kept - step;
      const below = objective();
      policy.parameters[i] = kept;
      assertAlmostEquals(gradient[i], (above - below) / (2 * step), 1e-7, `parameter ${i}`);
    }
  }
});

Deno.test("gradients add up over calls", () => {
  const policy = createPolicy();
  const trajectory = policy.forward([0, 1, 2, 3, 6]);
  const upstream = new Float64Array(policy.offsets[5]).fill(1);
  upstream[2] = 3;
  const [once, twice] = [new Float64Array(policy.parameters.length), new Float64Array(policy.parameters.length)];
  policy.backward(trajectory, upstream, once);
  policy.backward(trajectory, upstream, twice);
  policy.backward(trajectory, upstream, twice);
  assert(once.some((value) => value !== 0));
  for (let i = 0; i < once.length; i++) assertAlmostEquals(twice[i], 2 * once[i], 1e-12);
});

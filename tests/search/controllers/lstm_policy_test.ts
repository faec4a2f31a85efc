import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { LstmPolicy, type LstmPolicyOptions } from "../../../search/controllers/lstm_policy.ts";
import { Random } from "../../../src/data/random.ts";
import { decisionsWith, maskedDecisions } from "../../contracts/controller_play.ts";

const choices = [1, 2, 3, 4, 7];

const shape = { hiddenSize: 5, logitBound: 2, logitSlope: 1, initialRange: 0.1 };

function createPolicy(seed = 1, { decisions = decisionsWith(choices), ...options }: Partial<LstmPolicyOptions> = {}) {
  const random = new Random(seed);
  const policy = new LstmPolicy({ ...shape, decisions, ...options }, random);
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

/** Finite differences of `objective`, of probabilities and values along `tokens`, against back-propagation. */
function assertGradient(policy: LstmPolicy, tokens: readonly number[]): void {
  const random = new Random(4);
  const upstream = Float64Array.from({ length: policy.offsets[tokens.length] }, () => random.normal());
  const valueUpstream = Float64Array.from(tokens, () => random.normal());
  const objective = () => {
    const { logProbabilities, values } = policy.forward(tokens);
    // What is said of illegal choices must not count: -Infinity times anything is left out here.
    const ofPolicy = logProbabilities.reduce((sum, v, i) => v === -Infinity ? sum : sum + v * upstream[i], 0);
    return ofPolicy + values.reduce((sum, v, i) => sum + v * valueUpstream[i], 0);
  };
  const gradient = new Float64Array(policy.parameters.length);
  policy.backward(policy.forward(tokens), upstream, gradient, valueUpstream);

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

Deno.test("back-propagation through time agrees with finite differences in every parameter", () => {
  for (const tokens of [[0, 1, 2, 3, 6], [0, 0, 1, 2, 4]]) assertGradient(createPolicy(3), tokens);
});

Deno.test("so it does with illegal choices, without a bound of the logits, and with ENAS's slope", () => {
  const decisions = maskedDecisions();
  for (const tokens of [[0, 1, 1, 2], [2, 0, 0, 3]]) {
    assertGradient(createPolicy(3, { decisions }), tokens);
    assertGradient(createPolicy(3, { decisions, logitBound: 0 }), tokens);
    assertGradient(createPolicy(3, { decisions, logitBound: 1.5, logitSlope: 1.5 }), tokens);
  }
});

Deno.test("illegal choices have probability 0, the legal ones all of it, and those alone are drawn", () => {
  const decisions = maskedDecisions();
  const policy = createPolicy(1, { decisions });
  const random = new Random(2);
  for (let draw = 0; draw < 200; draw++) {
    const tokens = policy.sample(random);
    const { logProbabilities } = policy.forward(tokens);
    for (const [step, decision] of decisions.entries()) {
      const legal = decision.legal?.(tokens.slice(0, step)) ?? decision.choices.map(() => true);
      assert(legal[tokens[step]]);
      const row = [...logProbabilities.subarray(policy.offsets[step], policy.offsets[step + 1])].map(Math.exp);
      for (const [choice, probability] of row.entries()) assertEquals(probability > 0, legal[choice]);
      assertAlmostEquals(row.reduce((sum, value) => sum + value, 0), 1, 1e-12);
    }
  }
});

Deno.test("logits are bound * tanh(slope * logit / bound)", () => {
  // Of two choices without state, log P(1) - log P(0) is the difference of their logits.
  const difference = (logitBound: number, logitSlope: number) => {
    const decisions = decisionsWith([2]);
    const policy = new LstmPolicy({ ...shape, decisions, logitBound, logitSlope }, new Random(1));
    policy.parameters.fill(0);
    // The last parameters are the heads' biases, then the value's weights and bias.
    policy.parameters[policy.parameters.length - shape.hiddenSize - 2] = 0.7;
    const [zero, one] = policy.forward([0]).logProbabilities;
    return one - zero;
  };
  assertAlmostEquals(difference(0, 1), 0.7, 1e-12);
  assertAlmostEquals(difference(2, 1), 2 * Math.tanh(0.35), 1e-12);
  assertAlmostEquals(difference(1.5, 1.5), 1.5 * Math.tanh(0.7), 1e-12);
});

Deno.test("a value depends on the tokens before it and on no others, and a new critic expects 0", () => {
  const policy = createPolicy();
  const [one, other] = [policy.forward([0, 1, 0, 2, 3]).values, policy.forward([0, 1, 2, 0, 1]).values];
  assertEquals(one.slice(0, 3), other.slice(0, 3));
  assert(one[3] !== other[3] && one[4] !== other[4]);
  const fresh = new LstmPolicy({ ...shape, decisions: decisionsWith(choices) }, new Random(1));
  assertEquals([...fresh.forward([0, 0, 0, 0, 0]).values], [0, 0, 0, 0, 0]);
});

Deno.test("weights start in the range asked for", () => {
  for (const initialRange of [0.01, 0.1]) {
    const policy = new LstmPolicy({ ...shape, decisions: decisionsWith(choices), initialRange }, new Random(1));
    const largest = policy.parameters.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert(largest <= initialRange && largest > 0.95 * initialRange);
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

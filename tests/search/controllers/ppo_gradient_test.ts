import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { LstmPolicy } from "../../../search/controllers/lstm_policy.ts";
import { clippedSurrogate, type Episode, ppoGradient } from "../../../search/controllers/ppo_gradient.ts";
import { Random } from "../../../src/data/random.ts";

const choices = [1, 2, 3, 4, 7];
const createPolicy = () => new LstmPolicy({ choices, hiddenSize: 4, logitBound: 2.5 }, new Random(1));

/** Episodes of `policy` as it is. */
function episodesOf(policy: LstmPolicy, advantages: readonly number[]): Episode[] {
  const random = new Random(2);
  return advantages.map((advantage) => {
    const tokens = policy.sample(random);
    return { tokens, oldLogProbabilities: policy.forward(tokens).logProbabilities, advantage };
  });
}

/** The gradient of `objective` by the parameters of `policy`, by finite differences. */
function numericGradient(policy: LstmPolicy, objective: () => number): Float64Array {
  const step = 1e-5;
  return policy.parameters.map((kept, i) => {
    policy.parameters[i] = kept + step;
    const above = objective();
    policy.parameters[i] = kept - step;
    const below = objective();
    policy.parameters[i] = kept;
    return (above - below) / (2 * step);
  });
}

function assertClose(actual: Float64Array, expected: Float64Array, tolerance = 1e-8): void {
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) assertAlmostEquals(actual[i], expected[i], tolerance, `parameter ${i}`);
}

Deno.test("the clipped surrogate has the published cases", () => {
  assertEquals(clippedSurrogate(1.5, 1, 0.2), { objective: 1.2, derivative: 0 });
  assertEquals(clippedSurrogate(1.5, -1, 0.2), { objective: -1.5, derivative: -1.5 });
  assertEquals(clippedSurrogate(0.5, 1, 0.2), { objective: 0.5, derivative: 0.5 });
  assertEquals(clippedSurrogate(0.5, -1, 0.2), { objective: -0.8, derivative: 0 });
  assertEquals(clippedSurrogate(1, 2, 0.2), { objective: 2, derivative: 2 });
});

Deno.test("at the first epoch the gradient is that of REINFORCE", () => {
  const policy = createPolicy();
  const advantages = [1.5, -0.5, 0.25];
  const episodes = episodesOf(policy, advantages);
  // Mean over the samples of -advantage * log P(tokens), by finite differences: no code in common with the loss.
  const reinforce = numericGradient(policy, () => {
    const terms = episodes.map(({ tokens, advantage }) => {
      const { logProbabilities } = policy.forward(tokens);
      return -advantage * tokens.reduce((sum, token, step) => sum + logProbabilities[policy.offsets[step] + token], 0);
    });
    return terms.reduce((sum, term) => sum + term, 0) / terms.length;
  });
  const { gradient, divergence, clipFraction } = ppoGradient(policy, episodes, { clipRange: 0.2, entropyWeight: 0 });
  assert(reinforce.some((value) => Math.abs(value) > 0.01));
  assertClose(gradient, reinforce);
  assertEquals([divergence, clipFraction], [0, 0]);
});

Deno.test("at later epochs the gradient is that of the clipped objective with its entropy", () => {
  const policy = createPolicy();
  const episodes = episodesOf(policy, [1.5, -0.5, 0.25]);
  const random = new Random(5);
  for (let i = 0; i < policy.parameters.length; i++) policy.parameters[i] += 0.5 * random.normal();

  const [clipRange, entropyWeight] = [0.2, 0.3];
  const loss = () => {
    let objective = 0;
    for (const { tokens, oldLogProbabilities, advantage } of episodes) {
      const { logProbabilities } = policy.forward(tokens);
      for (const [step, token] of tokens.entries()) {
        const taken = policy.offsets[step] + token;
        const ratio = Math.exp(logProbabilities[taken] - oldLogProbabilities[taken]);
        objective += clippedSurrogate(ratio, advantage, clipRange).objective;
      }
      objective -= entropyWeight * logProbabilities.reduce((sum, value) => sum + Math.exp(value) * value, 0);
    }
    return -objective / episodes.length;
  };
  const { gradient, divergence, clipFraction } = ppoGradient(policy, episodes, { clipRange, entropyWeight });
  assertClose(gradient, numericGradient(policy, loss), 1e-7);
  assert(divergence > 0);
  assert(clipFraction > 0 && clipFraction < 1);
});

Deno.test("where nothing is better than expected, only the gradient of the entropy remains", () => {
  const policy = createPolicy();
  const episodes = episodesOf(policy, [0, 0]);
  const { gradient, entropy } = ppoGradient(policy, episodes, { clipRange: 0.2, entropyWeight: 0.5 });
  const entropyOf = ({ tokens }: Episode) =>
    policy.forward(tokens).logProbabilities.reduce((sum, value) => sum - Math.exp(value) * value, 0);
  const entropyLoss = () => -0.5 * (entropyOf(episodes[0]) + entropyOf(episodes[1])) / 2;
  assert(gradient.some((value) => Math.abs(value) > 1e-4));
  assertClose(gradient, numericGradient(policy, entropyLoss));
  assertAlmostEquals(entropy, (entropyOf(episodes[0]) + entropyOf(episodes[1])) / 2 / choices.length, 1e-12);
  assertClose(ppoGradient(policy, episodes, { clipRange: 0.2, entropyWeight: 0 }).gradient, gradient.map(() => 0));
});

Deno.test("the entropy of a policy without preferences is the mean log of the numbers of choices", () => {
  const policy = createPolicy();
  policy.parameters.fill(0);
  const { entropy } = ppoGradient(policy, episodesOf(policy, [0]), { clipRange: 0.2, entropyWeight: 0 });
  assertAlmostEquals(entropy, choices.reduce((sum, count) => sum + Math.log(count), 0) / choices.length, 1e-12);
});

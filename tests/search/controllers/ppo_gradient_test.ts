import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { LstmPolicy } from "../../../search/controllers/lstm_policy.ts";
import { clippedSurrogate, type Episode, ppoFigures, ppoGradient } from "../../../search/controllers/ppo_gradient.ts";
import { explainedVariance } from "../../../search/controllers/ppo.ts";
import { reinforceGradient } from "../../../search/controllers/reinforce_gradient.ts";
import { Random } from "../../../src/data/random.ts";
import { decisionsWith, maskedDecisions } from "../../contracts/controller_play.ts";

const choices = [1, 2, 3, 4, 7];
const shape = { hiddenSize: 4, logitBound: 2.5, logitSlope: 1, initialRange: 0.1 };
const createPolicy = (decisions = decisionsWith(choices)) => new LstmPolicy({ decisions, ...shape }, new Random(1));

/** Episodes of `policy` as it is. */
function episodesOf(policy: LstmPolicy, advantages: readonly number[]): Episode[] {
  const random = new Random(2);
  return advantages.map((advantage) => {
    const tokens = policy.sample(random);
    const { logProbabilities } = policy.forward(tokens);
    const advantages = new Float64Array(tokens.length).fill(advantage);
    return { tokens, oldLogProbabilities: logProbabilities, advantages, valueTarget: advantage / 2 };
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

/** Over all decisions; illegal choices have no part in it. */
function entropyOf(logProbabilities: Float64Array): number {
  return logProbabilities.reduce((sum, value) => value === -Infinity ? sum : sum - Math.exp(value) * value, 0);
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
    const terms = episodes.map(({ tokens, advantages: [advantage] }) => {
      const { logProbabilities } = policy.forward(tokens);
      return -advantage * tokens.reduce((sum, token, step) => sum + logProbabilities[policy.offsets[step] + token], 0);
    });
    return terms.reduce((sum, term) => sum + term, 0) / terms.length;
  });
  const gradient = ppoGradient(policy, episodes, { clipRange: 0.2, entropyWeight: 0, valueWeight: 0 });
  const { divergence, clipFraction } = ppoFigures(policy, episodes, { clipRange: 0.2 });
  assert(reinforce.some((value) => Math.abs(value) > 0.01));
  assertClose(gradient, reinforce);
  assertEquals([divergence, clipFraction], [0, 0]);
});

Deno.test("that of REINFORCE itself agrees with finite differences, its entropy over legal choices only", () => {
  for (const decisions of [decisionsWith(choices), maskedDecisions()]) {
    const policy = createPolicy(decisions);
    const proposals = episodesOf(policy, [1.5, -0.5, 0.25]).map(({ tokens, advantages }) => ({
      tokens,
      advantage: advantages[0],
    }));
    const loss = () =>
      proposals.reduce((sum, { tokens, advantage }) => {
        const { logProbabilities } = policy.forward(tokens);
        const taken = tokens.reduce((total, token, step) => total + logProbabilities[policy.offsets[step] + token], 0);
        return sum - advantage * taken - 0.3 * entropyOf(logProbabilities);
      }, 0) / proposals.length;
    const { gradient, entropy } = reinforceGradient(policy, proposals, 0.3);
    assert(gradient.some((value) => Math.abs(value) > 0.01));
    assertClose(gradient, numericGradient(policy, loss));
    const total = proposals.reduce((sum, { tokens }) => sum + entropyOf(policy.forward(tokens).logProbabilities), 0);
    assertAlmostEquals(entropy, total / 3 / decisions.length, 1e-12);
  }
});

Deno.test("at the first epoch the gradient is REINFORCE's, also with its entropy and masks", () => {
  const policy = createPolicy(maskedDecisions());
  const episodes = episodesOf(policy, [1, -2]);
  const proposals = episodes.map(({ tokens, advantages }) => ({ tokens, advantage: advantages[0] }));
  const gradient = ppoGradient(policy, episodes, { clipRange: 0.2, entropyWeight: 0.1, valueWeight: 0 });
  assertClose(gradient, reinforceGradient(policy, proposals, 0.1).gradient, 1e-12);
});

Deno.test("at later epochs the gradient is that of the clipped objective, the entropy and the critic's error", () => {
  for (const decisions of [decisionsWith(choices), maskedDecisions()]) checkLaterEpochs(createPolicy(decisions));
});

function checkLaterEpochs(policy: LstmPolicy): void {
  const episodes = episodesOf(policy, [1.5, -0.5, 0.25]);
  const random = new Random(5);
  for (let i = 0; i < policy.parameters.length; i++) policy.parameters[i] += 0.5 * random.normal();

  // Advantages differ by decision, as those of a critic do.
  for (const { advantages } of episodes) {
    for (let step = 0; step < advantages.length; step++) advantages[step] += 0.1 * step;
  }
  const [clipRange, entropyWeight, valueWeight] = [0.2, 0.3, 0.7];
  const loss = () => {
    let objective = 0;
    for (const { tokens, oldLogProbabilities, advantages, valueTarget } of episodes) {
      const { logProbabilities, values } = policy.forward(tokens);
      for (const [step, token] of tokens.entries()) {
        const taken = policy.offsets[step] + token;
        const ratio = Math.exp(logProbabilities[taken] - oldLogProbabilities[taken]);
        objective += clippedSurrogate(ratio, advantages[step], clipRange).objective;
      }
      objective += entropyWeight * entropyOf(logProbabilities);
      for (const value of values) objective -= valueWeight * (value - valueTarget) ** 2 / 2;
    }
    return -objective / episodes.length;
  };
  const gradient = ppoGradient(policy, episodes, { clipRange, entropyWeight, valueWeight });
  const { divergence, clipFraction, valueLoss } = ppoFigures(policy, episodes, { clipRange });
  assertClose(gradient, numericGradient(policy, loss), 1e-7);
  assert(divergence > 0);
  assert(clipFraction > 0 && clipFraction < 1);
  const errors = episodes.flatMap(({ tokens, valueTarget }) =>
    [...policy.forward(tokens).values].map((value) => (value - valueTarget) ** 2)
  );
  assertAlmostEquals(valueLoss, errors.reduce((sum, error) => sum + error, 0) / errors.length, 1e-12);
}

Deno.test("explained variance: 1 of a critic that knows, 0 of a constant one, below 0 of a misleading one", () => {
  const judged = (expected: readonly number[]) =>
    [1, 3].map((valueTarget, index) => ({
      valueTarget,
      advantages: new Float64Array(2).fill(valueTarget - expected[index]),
    }));
  assertEquals(explainedVariance(judged([1, 3])), 1);
  assertEquals(explainedVariance(judged([7, 7])), 0);
  assertEquals(explainedVariance(judged([1.5, 2.5])), 0.75);
  assertEquals(explainedVariance(judged([3, 1])), -3);
  assertEquals(explainedVariance([{ valueTarget: 2, advantages: new Float64Array([1, 2]) }]), 0);
});

Deno.test("where nothing is better than expected, only the gradient of the entropy remains", () => {
  const policy = createPolicy();
  const episodes = episodesOf(policy, [0, 0]);
  const gradient = ppoGradient(policy, episodes, { clipRange: 0.2, entropyWeight: 0.5, valueWeight: 0 });
  const { entropy } = ppoFigures(policy, episodes, { clipRange: 0.2 });
  const entropyOfTokens = ({ tokens }: Episode) => entropyOf(policy.forward(tokens).logProbabilities);
  const entropyLoss = () => -0.5 * (entropyOfTokens(episodes[0]) + entropyOfTokens(episodes[1])) / 2;
  assert(gradient.some((value) => Math.abs(value) > 1e-4));
  assertClose(gradient, numericGradient(policy, entropyLoss));
  assertAlmostEquals(
    entropy,
    (entropyOfTokens(episodes[0]) + entropyOfTokens(episodes[1])) / 2 / choices.length,
    1e-12,
  );
  assertClose(
    ppoGradient(policy, episodes, { clipRange: 0.2, entropyWeight: 0, valueWeight: 0 }),
    gradient.map(() => 0),
  );
});

Deno.test("the entropy of a policy without preferences is the mean log of the numbers of choices", () => {
  const policy = createPolicy();
  policy.parameters.fill(0);
  const { entropy } = ppoFigures(policy, episodesOf(policy, [0]), { clipRange: 0.2 });
  assertAlmostEquals(entropy, choices.reduce((sum, count) => sum + Math.log(count), 0) / choices.length, 1e-12);
});

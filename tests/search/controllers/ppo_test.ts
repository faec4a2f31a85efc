import { assert, assertEquals, assertThrows } from "@std/assert";
import { bestRewards } from "../../../bench/controllers/best_rewards.ts";
import { separableLandscape } from "../../../bench/landscapes.ts";
import { createController } from "../../../search/controllers/table.ts";
import type { Snapshot } from "../../../search/controller.ts";
import { decisionsWith, withLeaf, zeroShare } from "../../contracts/controller_play.ts";

Deno.test("ppo: learns to take token 0 wherever that is all that counts", () => {
  for (const options of [{}, { critic: false }, { rewards: "standard" }, { rewards: "plain", entropyWeight: 0 }]) {
    const decisions = decisionsWith([1, 2, 3, 4, 7, 4, 4, 4]);
    const controller = createController("ppo", { decisions, seed: 1, ...options });
    for (let batch = 0; batch < 30; batch++) {
      controller.tell(controller.ask(10).map((sample) => ({ sample, reward: zeroShare(sample) })));
    }
    const shares = controller.ask(100).map(zeroShare);
    const share = shares.reduce((sum, value) => sum + value, 0) / shares.length;
    // Bounded logits and the entropy's weight keep a little chance for all others.
    assert(share > 0.8, `share of token 0 is ${share} with ${JSON.stringify(options)}`);
  }
});

Deno.test("ppo: is clearly better than random at 200 samples of 42 decisions, on every one of 12 landscapes", () => {
  const gains = Array.from({ length: 12 }, (_, seed) => {
    const landscape = separableLandscape(seed);
    const options = { decisions: landscape.decisions, seed };
    return {
      ppo: bestRewards(createController("ppo", options), landscape, [200])[0],
      random: bestRewards(createController("random", options), landscape, [200])[0],
    };
  });
  // Measured: 0.93 against 0.68, where the mean of all sequences has 0.5 and the best has 1.
  for (const { ppo, random } of gains) assert(ppo > random + 0.1, `${ppo} against ${random}`);
  assert(gains.reduce((sum, { ppo }) => sum + ppo, 0) / gains.length > 0.88);
});

Deno.test("ppo: where all rewards are equal, it keeps exploring", () => {
  for (const rewards of ["rank", "standard", "plain"]) {
    const controller = createController("ppo", { decisions: decisionsWith([4, 4]), seed: 1, rewards, critic: false });
    // A third has no exact binary form: its mean differs from it by rounding, which must not count as better or worse.
    for (let batch = 0; batch < 20; batch++) {
      controller.tell(controller.ask(7).map((sample) => ({ sample, reward: 1 / 3 })));
    }
    assert(controller.statistics().entropy > 0.99 * Math.log(4), rewards);
  }
});

Deno.test("ppo: what is worth as much as ever leaves the policy as it was, without weight of the entropy", () => {
  const options = { decisions: decisionsWith([4, 4]), seed: 1, rewards: "plain", critic: false, entropyWeight: 0 };
  const controller = createController("ppo", options);
  const before = controller.snapshot().parameters;
  for (let batch = 0; batch < 3; batch++) {
    controller.tell(controller.ask(5).map((sample) => ({ sample, reward: 0.5 })));
  }
  assertEquals(controller.snapshot().parameters, before);
});

Deno.test("ppo: tells what its update did", () => {
  const controller = createController("ppo", { decisions: decisionsWith([4, 4]), seed: 1 });
  assertEquals(controller.statistics(), {});
  const samples = controller.ask(8);
  controller.tell(samples.map((sample, index) => ({ sample, reward: index })));
  const { meanReward, entropy, divergence, clipFraction, valueLoss, explainedVariance } = controller.statistics();
  assertEquals(meanReward, 3.5);
  assert(entropy > 0 && entropy <= Math.log(4));
  assert(divergence > 0 && divergence < 0.5);
  assert(clipFraction >= 0 && clipFraction < 1);
  // A new critic expects nothing of standard scores; after the epochs' first steps it is a little nearer to them.
  assert(valueLoss > 0 && valueLoss < 1);
  assertEquals(explainedVariance, 0);

  const without = createController("ppo", { decisions: decisionsWith([4, 4]), seed: 1, critic: false });
  without.tell(without.ask(8).map((sample, index) => ({ sample, reward: index })));
  const { valueLoss: noLoss, explainedVariance: none, ...others } = without.statistics();
  assertEquals([noLoss, none], [undefined, 0]);
  assertEquals(Object.keys(others).sort(), ["clipFraction", "divergence", "entropy", "meanReward"]);
});

Deno.test("ppo: tells where the policy is after its last step, also of a batch of one", () => {
  for (const critic of [true, false]) {
    const options = { decisions: decisionsWith([4]), seed: 1, critic, learningRate: 0.5, clipRange: 0.01 };
    const controller = createController("ppo", options);
    controller.tell(controller.ask(4).map((sample, index) => ({ sample, reward: index })));
    controller.tell(controller.ask(1).map((sample) => ({ sample, reward: 9 })));
    const { divergence, clipFraction, entropy } = controller.statistics();
    assert(divergence > 0 && clipFraction === 1, `${divergence} ${clipFraction}`);
    // The next proposals are drawn from the policy as it is now.
    const counts = [0, 0, 0, 0];
    for (const { tokens: [token] } of controller.ask(4000)) counts[token]++;
    const expected = -counts.reduce((sum, count) => sum + (count > 0 ? count / 4000 * Math.log(count / 4000) : 0), 0);
    assert(Math.abs(entropy - expected) < 0.05, `${entropy} ${expected}`);
  }
});

Deno.test("ppo: in time, its critic expects some of what comes", () => {
  const options = { decisions: decisionsWith([2, 2, 2]), seed: 1, learningRate: 0.01, valueWeight: 1, clipRange: 0.01 };
  const controller = createController("ppo", { ...options, rewards: "standard" });
  const explained = Array.from({ length: 60 }, () => {
    // The first decision is all that counts, so that the critic knows before the two others.
    controller.tell(controller.ask(20).map((sample) => ({ sample, reward: sample.tokens[0] })));
    return controller.statistics().explainedVariance;
  });
  assert(Math.max(...explained) > 0.3, `${explained}`);
});

Deno.test("ppo: a snapshot of another hidden size is refused", () => {
  const decisions = decisionsWith([4, 4]);
  const snapshot = createController("ppo", { decisions, seed: 1, hiddenSize: 8 }).snapshot();
  assertThrows(
    () => createController("ppo", { decisions, seed: 1 }).restore(snapshot),
    RangeError,
    'Cannot restore "ppo": the snapshot is damaged: parameters: A snapshot holds ',
  );
});

Deno.test("ppo: numbers that are damaged are named, and none of the snapshot is taken over", () => {
  const [controller, later] = [1, 2].map((seed) => createController("ppo", { decisions: decisionsWith([4]), seed }));
  later.tell(later.ask(4).map((sample, index) => ({ sample, reward: index })));
  const before = controller.snapshot();
  for (const field of ["parameters", "adam.mean", "adam.meanSquare"]) {
    for (const text of ["AAAAAAAA8D8=", "!"]) {
      const damaged = withLeaf(later.snapshot(), field.split("."), text) as Snapshot;
      assertThrows(() => controller.restore(damaged), RangeError, `damaged: ${field}: `);
      assertEquals(controller.snapshot(), before);
    }
  }
});

Deno.test("ppo: an update evaluates the policy at each result once per epoch, once before them and once after", () => {
  let evaluations = 0;
  const [first, ...others] = decisionsWith([4, 4]);
  // A mask is asked for once in an evaluation of the policy.
  const legal = () => {
    evaluations++;
    return [true, true, true, true];
  };
  const controller = createController("ppo", { decisions: [{ ...first, legal }, ...others], seed: 1, epochs: 8 });
  for (let batch = 0; batch < 3; batch++) {
    const results = controller.ask(20).map((sample, index) => ({ sample, reward: index }));
    evaluations = 0;
    controller.tell(results);
    // One more of each for checking the result.
    assertEquals(evaluations, 20 * (8 + 2 + 1), `batch ${batch}`);
  }
});

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createController } from "../../../search/controllers/table.ts";
import { decisionsWith, zeroShare } from "../../contracts/controller_play.ts";

const decisions = decisionsWith([4, 4]);

Deno.test("reinforce: the baseline is a moving average from before the batch, of the first batch its mean", () => {
  const controller = createController("reinforce", { decisions, seed: 1, rewards: "plain", baselineDecay: 0.9 });
  const baselines = [[1, 3], [5, 5], [0]].map((rewards) => {
    controller.tell(controller.ask(rewards.length).map((sample, index) => ({ sample, reward: rewards[index] })));
    return controller.statistics().baseline;
  });
  assertEquals(baselines[0], 2);
  assertEquals(baselines[1], 2);
  assertAlmostEquals(baselines[2], 0.81 * 2 + 0.19 * 5, 1e-12);
});

Deno.test("reinforce: what is worth as much as ever leaves the policy as it was, without weight of the entropy", () => {
  const options = { decisions, seed: 1, rewards: "plain", entropyWeight: 0 };
  const controller = createController("reinforce", options);
  const before = controller.snapshot().parameters;
  for (let batch = 0; batch < 3; batch++) {
    controller.tell(controller.ask(5).map((sample) => ({ sample, reward: 0.5 })));
  }
  assertEquals(controller.snapshot().parameters, before);
});

Deno.test("reinforce: with the numbers of ENAS it learns too, if slowly", () => {
  const paper = {
    hiddenSize: 64,
    logitBound: 1.5,
    logitSlope: 1.5,
    learningRate: 1e-3,
    minibatch: 20,
    rewards: "plain",
  };
  const controller = createController("reinforce", { decisions, seed: 1, ...paper, baselineDecay: 0.99 });
  for (let batch = 0; batch < 150; batch++) {
    controller.tell(controller.ask(20).map((sample) => ({ sample, reward: zeroShare(sample) })));
  }
  const shares = controller.ask(200).map(zeroShare);
  const share = shares.reduce((sum, value) => sum + value, 0) / shares.length;
  // The bound leaves at most e^3 / (e^3 + 3) = 0.87, where chance has 0.25.
  assert(share > 0.5, `share of token 0 is ${share}`);
});

Deno.test("reinforce: one proposal is a step, by default, and so many are one where asked for", () => {
  const steps = (options: object) => {
    const controller = createController("reinforce", { decisions, seed: 1, ...options });
    controller.tell(controller.ask(10).map((sample, index) => ({ sample, reward: index })));
    return (controller.snapshot().adam as { step: number }).step;
  };
  assertEquals([steps({}), steps({ minibatch: 4 }), steps({ minibatch: 20 })], [10, 3, 1]);
});

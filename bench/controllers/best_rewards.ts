// A search without its cost: a controller on a landscape.
import type { Controller } from "../../search/controller.ts";
import { defaultControllerBatch } from "../../src/schemas/presets.ts";
import type { Landscape } from "./landscape.ts";

/**
 * Lets `controller` propose as many students as the greatest of `samples`, ascending, in the batches of a search, and
 * gives the best reward after each number of them: the reward, without noise, of the proposal that was observed to be
 * the best, which is the student that a search would end with.
 */
export function bestRewards(controller: Controller, landscape: Landscape, samples: readonly number[]): number[] {
  const total = samples[samples.length - 1];
  const size = defaultControllerBatch(total);
  const bests: number[] = [];
  let [asked, observedBest, best] = [0, -Infinity, NaN];
  while (asked < total) {
    const batch = controller.ask(Math.min(size, total - asked));
    const results = batch.map((sample) => {
      const trueReward = landscape.reward(sample.tokens);
      const reward = landscape.observe?.(sample.tokens, asked) ?? trueReward;
      if (reward > observedBest) [observedBest, best] = [reward, trueReward];
      asked++;
      if (samples.includes(asked)) bests.push(best);
      return { sample, reward };
    });
    controller.tell(results);
  }
  return bests;
}

// Searches that cost nothing: over measured students, and by a controller whose students' latencies are made up.
import { createController } from "../../search/controllers/table.ts";
import type { LatencyPredictor } from "../../search/latency/predictor.ts";
import { Random } from "../../src/data/random.ts";
import { countMultiplyAdds } from "../../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { createSpace } from "../../src/spaces/table.ts";
import { mean } from "../distillation/statistics.ts";
import { splitOf } from "./learning_curve.ts";
import type { Example } from "./models.ts";

/** A measured student and what measuring it took. */
export interface TimedExample extends Example {
  seconds: number;
}

/** One search; `ask` gives a batch of students, `tell` takes their rewards. */
export interface Search {
  ask(count: number): TimedExample[];
  tell(rewards: readonly number[]): void;
}

/** Accuracies that are made up: they rise with the multiply-adds, beside those of `examples`, from 0.6 to 0.9. */
export function madeUpAccuracies(examples: readonly TimedExample[]): (architecture: Architecture) => number {
  const work = mean(examples.map(({ architecture }) => countMultiplyAdds(architecture)));
  return (architecture) => 0.9 - 0.3 * Math.exp(-countMultiplyAdds(architecture) / work);
}

/** The students of `examples` in random order. */
export function randomSearch(examples: readonly TimedExample[], seed: number): Search {
  const queue = splitOf(examples, examples.length, seed).training;
  return { ask: (count) => queue.splice(0, count), tell: () => {} };
}

/**
 * PPO in the space mnas. Latencies are those of `truth`, a predictor that learned from all of `examples`, times noise of
 * its left-out errors. So it shows where a controller's students go, not how good the predictor is: that the measured
 * ones show.
 */
export function ppoSearch(
  examples: readonly TimedExample[],
  { seed, truth }: { seed: number; truth: LatencyPredictor },
): Search {
  const { classes, input } = examples[0].architecture;
  const space = createSpace("mnas", { ...input, classes });
  const controller = createController("ppo", { decisions: space.decisions, seed });
  const seconds = mean(examples.map((example) => example.seconds));
  const random = new Random(seed);
  // The same network keeps its latency: a search measures it once.
  const known = new Map<string, number>();
  let asked: ReturnType<typeof controller.ask> = [];
  return {
    ask(count) {
      asked = controller.ask(count);
      return asked.map(({ tokens }) => {
        const architecture = space.decode(tokens);
        const hash = architectureHash(architecture);
        const { highMs, latencyMs } = truth.predict(architecture);
        // The 90 % interval of a normal distribution ends 1.645 deviations from its centre.
        const made = known.get(hash) ?? latencyMs * Math.exp(Math.log(highMs / latencyMs) / 1.645 * random.normal());
        known.set(hash, made);
        return { architecture, latencyMs: made, seconds };
      });
    },
    tell: (rewards) => controller.tell(rewards.map((reward, index) => ({ sample: asked[index], reward }))),
  };
}

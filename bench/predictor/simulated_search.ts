// Searches that cost nothing: over measured students, and by a controller whose students' latencies are made up.
import { createController } from "../../search/controllers/table.ts";
import type { LatencyPredictor } from "../../search/latency/predictor.ts";
import { rewardOf } from "../../search/reward.ts";
import { Random } from "../../src/data/random.ts";
import { countMultiplyAdds } from "../../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { createSpace } from "../../src/spaces/table.ts";
import { mean } from "../distillation/statistics.ts";
import { median } from "../measurement/statistics.ts";
import { splitOf } from "./learning_curve.ts";
import type { Example } from "./models.ts";

/** A measured student and what measuring it took. */
export interface TimedExample extends Example {
  seconds: number;
}

/** One search; `ask` gives a batch of students, `tell` takes what became of them. */
export interface Search {
  ask(count: number): TimedExample[];
  tell(done: readonly { example: TimedExample; foreseenMs?: number }[]): void;
}

/** The students of `examples` in random order. */
export function randomSearch(examples: readonly TimedExample[], seed: number): Search {
  const queue = splitOf(examples, examples.length, seed).training;
  return { ask: (count) => queue.splice(0, count), tell: () => {} };
}

/**
 * PPO in the space mnas under the reward `hard`. Latencies are those of `truth`, a predictor that learned from all of
 * `examples`, times noise of its left-out errors; accuracies are made up, and rise with the multiply-adds. So it shows
 * where a controller's students go, not how good the predictor is: that the measured ones show.
 */
export function ppoSearch(
  examples: readonly TimedExample[],
  { seed, targetMs, truth }: { seed: number; targetMs: number; truth: LatencyPredictor },
): Search {
  const { classes, input } = examples[0].architecture;
  const space = createSpace("mnas", { ...input, classes });
  const controller = createController("ppo", { decisions: space.decisions, seed });
  const work = mean(examples.map(({ architecture }) => countMultiplyAdds(architecture)));
  const seconds = mean(examples.map((example) => example.seconds));
  const random = new Random(seed);
  // The same network keeps its latency: a search measures it once.
  const known = new Map<string, number>();
  const accuracyOf = (architecture: Architecture) => 0.9 - 0.3 * Math.exp(-countMultiplyAdds(architecture) / work);
  let asked: ReturnType<typeof controller.ask> = [];
  const trained: number[] = [];
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
    tell(done) {
      const usual = trained.length === 0 ? 0.5 : median(trained);
      controller.tell(done.map(({ example, foreseenMs }, index) => {
        const accuracy = foreseenMs === undefined ? accuracyOf(example.architecture) : usual;
        if (foreseenMs === undefined) trained.push(accuracy);
        const latencies = [{ latencyMs: foreseenMs ?? example.latencyMs, targetMs }];
        return { sample: asked[index], reward: rewardOf({ accuracy, latencies }) };
      }));
    },
  };
}

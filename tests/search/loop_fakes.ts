// What the tests of the search loop share: devices and trainings that answer by the network alone, at once or nearly so.
import type { Measurement } from "../../src/schemas/measurement.ts";
import type { Trial } from "../../src/schemas/trial.ts";
import { architectureHash } from "../../src/schemas/architecture.ts";
import type { Controller } from "../../search/controller.ts";
import { createController } from "../../search/controllers/table.ts";
import { type LoopDependencies, searchLoop } from "../../search/loop.ts";
import { RunStore } from "../../search/store/run_store.ts";
import type { LatencySource, MeasuredOutcome } from "../../search/latency/latency_source.ts";
import { space } from "./made_up_trials.ts";
import { madeUpMeasurement } from "./measurements.ts";

/** A measurement whose latency follows from the network, as real ones would. */
export function measured({ architecture }: Pick<Trial, "architecture">): Measurement {
  return madeUpMeasurement("here", architecture.nodes.length / 10, { modelHash: architectureHash(architecture) });
}

/** Answers each network by `answer`, all at once. */
export function latenciesBy(answer: (architecture: Trial["architecture"]) => Promise<MeasuredOutcome>): LatencySource {
  return {
    measure(architectures) {
      const outcomes = architectures.map(answer);
      return { outcomes, quiet: Promise.allSettled(outcomes).then(() => {}) };
    },
  };
}

/** What a search did, in order: trials trained, steps of every trial. */
interface Log {
  trained: number[];
  order: string[];
}

/** A search by PPO that never fails, writes into `store` and logs what it does. */
export function dependenciesOf(
  store: RunStore,
  overrides: Partial<LoopDependencies> = {},
): LoopDependencies & { log: Log } {
  const log: Log = { trained: [], order: [] };
  return {
    log,
    space,
    controller: createController("ppo", { decisions: space.decisions, seed: 3 }),
    store,
    latencies: latenciesBy((architecture) => {
      log.order.push("measure");
      return Promise.resolve({ measurements: [measured({ architecture })] });
    }),
    train: async (trial) => {
      log.trained.push(trial.number);
      log.order.push("train");
      // Later trials of a batch end first: nothing may depend on the order of completion.
      await new Promise((resolve) => setTimeout(resolve, 10 - (trial.number % 5)));
      const accuracy = 1 / (1 + trial.parameters / 1e5);
      return { accuracy, steps: 1, seconds: 1, loss: 1, backend: "cpu" };
    },
    score: ([{ latencyMs }], accuracy) => ({ latencyMs, reward: accuracy }),
    brokenLimit: () => undefined,
    seedOf: (number) => number,
    onTrial: () => {},
    ...overrides,
  };
}

/** A test with a path for a store of its own, removed afterwards. */
export function inFile<T>(run: (file: string) => Promise<T>): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir();
    try {
      await run(`${folder}/run.sqlite`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

/** Keeps the rewards that `controller` is told from now on. */
export function listened(controller: Controller): (number | null)[] {
  const told: (number | null)[] = [];
  const tell = controller.tell.bind(controller);
  controller.tell = (results) => {
    told.push(...results.map(({ reward }) => reward));
    tell(results);
  };
  return told;
}

/** A controller, and the rewards that it is told. */
export function listeningController(): { controller: Controller; told: (number | null)[] } {
  const controller = createController("random", { decisions: space.decisions, seed: 1 });
  return { controller, told: listened(controller) };
}

/** The essence of a search that nothing disturbs, with a store of its own beside `file`. */
export async function undisturbed(file: string, trials: number): Promise<ReturnType<typeof essence>> {
  using store = new RunStore(`${file}-whole`);
  return essence(await searchLoop(dependenciesOf(store), { trials }));
}

/** What a resumed search must have in common with one that ran through. */
export const essence = (trials: readonly Trial[]) =>
  trials.map(({ tokens, accuracy, reward, state, latencyMs, duplicateOf }) => ({
    tokens,
    accuracy,
    reward,
    state,
    latencyMs,
    duplicateOf,
  }));

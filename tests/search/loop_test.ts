import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Measurement } from "../../src/schemas/measurement.ts";
import { PROTOCOL } from "../../src/schemas/measurement.ts";
import type { Trial } from "../../src/schemas/trial.ts";
import { architectureHash } from "../../src/schemas/architecture.ts";
import { createSpace } from "../../src/spaces/table.ts";
import type { Controller } from "../../search/controller.ts";
import { createController } from "../../search/controllers/table.ts";
import { batchSize, type LoopDependencies, searchLoop } from "../../search/loop.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { JobError } from "../../search/trainers/pool.ts";

const space = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });

/** A measurement whose latency follows from the network, as real ones would. */
function measured(trial: Pick<Trial, "architecture">): Measurement {
  const medianMs = trial.architecture.nodes.length / 10;
  return {
    protocol: PROTOCOL,
    device: { name: "here", kind: "process", description: "test" },
    runtime: "tfjs-wasm",
    backend: "wasm",
    architectureHash: architectureHash(trial.architecture),
    samplesMs: [medianMs],
    warmupRuns: 1,
    coldStartMs: 1,
    medianMs,
    p90Ms: medianMs,
    p99Ms: medianMs,
    madMs: 0,
    ciLowMs: medianMs,
    ciHighMs: medianMs,
    outputDifference: 0,
    valid: true,
    flags: [],
    measuredAt: "2026-01-01T00:00:00.000Z",
  };
}

interface Log {
  asked: number[];
  trained: number[];
  order: string[];
}

function dependenciesOf(
  store: RunStore,
  overrides: Partial<LoopDependencies> = {},
): LoopDependencies & { log: Log } {
  const log: Log = { asked: [], trained: [], order: [] };
  return {
    log,
    space,
    controller: createController("ppo", { decisions: space.decisions, seed: 3 }),
    store,
    latencies: {
      needsQuiet: true,
      measure: (architecture) => {
        log.order.push("measure");
        return Promise.resolve([measured({ architecture })]);
      },
    },
    train: async (trial) => {
      log.trained.push(trial.number);
      log.order.push("train");
      // Later trials of a batch end first: nothing may depend on the order of completion.
      await new Promise((resolve) => setTimeout(resolve, 10 - (trial.number % 5)));
      const accuracy = 1 / (1 + trial.parameters / 1e5);
      return { accuracy, steps: 1, seconds: 1, loss: 1, backend: "cpu" };
    },
    score: ([{ medianMs }], accuracy) => ({ latencyMs: medianMs, reward: accuracy }),
    brokenLimit: () => undefined,
    seedOf: (number) => number,
    onTrial: () => {},
    ...overrides,
  };
}

function inFile<T>(run: (file: string) => Promise<T>): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir();
    try {
      await run(`${folder}/run.sqlite`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

/** A controller, and the rewards that it is told. */
function listeningController(): { controller: Controller; told: (number | null)[] } {
  const told: (number | null)[] = [];
  const controller = createController("random", { decisions: space.decisions, seed: 1 });
  const tell = controller.tell.bind(controller);
  controller.tell = (results) => {
    told.push(...results.map(({ reward }) => reward));
    tell(results);
  };
  return { controller, told };
}

const essence = (trials: readonly Trial[]) =>
  trials.map(({ tokens, accuracy, reward, state, latencyMs, duplicateOf }) => ({
    tokens,
    accuracy,
    reward,
    state,
    latencyMs,
    duplicateOf,
  }));

Deno.test("batches hold an eighth of the trials, at least 2 and at most 20", () => {
  assertEquals([4, 16, 24, 200, 1000].map(batchSize), [2, 2, 3, 20, 20]);
});

Deno.test(
  "a search measures each batch before it trains it, and stores what came of it",
  inFile(async (file) => {
    using store = new RunStore(file);
    const dependencies = dependenciesOf(store);
    const trials = await searchLoop(dependencies, { trials: 5 });
    assertEquals(trials.map(({ number }) => number), [1, 2, 3, 4, 5]);
    assertEquals(trials.map(({ batch }) => batch), [0, 0, 1, 1, 2]);
    assert(trials.every(({ state }) => state === "completed"));
    assertEquals(
      dependencies.log.order.join(" "),
      "measure measure train train measure measure train train measure train",
    );
    assertEquals(essence(store.trials("search")), essence(trials));
    assertEquals(store.controllerState()?.told, true);
  }),
);

Deno.test(
  "a search that is broken off anywhere goes on as if nothing had happened",
  inFile(async (file) => {
    using uninterrupted = new RunStore(`${file}-whole`);
    const whole = essence(await searchLoop(dependenciesOf(uninterrupted), { trials: 12 }));
    using store = new RunStore(file);
    for (let allowed = 1;; allowed++) {
      let trainings = 0;
      const abort = new AbortController();
      const base = dependenciesOf(store, { signal: abort.signal });
      const train: LoopDependencies["train"] = (trial) => {
        if (++trainings > allowed % 3 + 1) {
          abort.abort(new Error("killed"));
          throw new Error("killed");
        }
        return base.train(trial);
      };
      try {
        const resumed = await searchLoop({ ...base, train }, { trials: 12 });
        assert(allowed > 3, "it was broken off several times");
        assertEquals(essence(resumed), whole);
        return;
      } catch (error) {
        assertEquals((error as Error).message, "killed");
      }
    }
  }),
);

Deno.test(
  "a network that was sampled before is answered from the store",
  inFile(async (file) => {
    using store = new RunStore(file);
    const tokens = space.decisions.map(() => 0);
    const other = space.decisions.map(() => 1);
    const controller = createController("random", { decisions: space.decisions, seed: 1 });
    let id = 0;
    controller.ask = (count: number) =>
      Array.from({ length: count }, () => ({ id: id, tokens: id++ === 2 ? other : tokens }));
    const dependencies = dependenciesOf(store, { controller });
    const trials = await searchLoop(dependencies, { trials: 4 });
    assertEquals(dependencies.log.trained, [1, 3]);
    assertEquals(trials.map(({ duplicateOf }) => duplicateOf), [undefined, 1, undefined, 1]);
    assertEquals(trials[3].reward, trials[0].reward);
    assertEquals(dependencies.log.order.filter((what) => what === "measure").length, 2);
  }),
);

Deno.test(
  "what breaks a hard limit is not trained, and counts as zero",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { controller, told } = listeningController();
    const dependencies = dependenciesOf(store, {
      controller,
      brokenLimit: (trial, latencyMs) =>
        trial.number === 1 ? "too large" : trial.number === 2 && latencyMs ? "too slow" : undefined,
    });
    const trials = await searchLoop(dependencies, { trials: 3 });
    assertEquals(trials.map(({ state, reason }) => [state, reason]), [
      ["infeasible", "too large"],
      ["infeasible", "too slow"],
      ["completed", undefined],
    ]);
    assertEquals(trials[0].measurements.length, 0);
    assertEquals(dependencies.log.trained, [3]);
    assertEquals(told.slice(0, 2), [0, 0]);
  }),
);

Deno.test(
  "a student's own failure counts as zero, any other is left out",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { controller, told } = listeningController();
    const train = (trial: Trial) =>
      Promise.reject(new JobError(`loss NaN at step ${trial.number}`, { student: trial.number === 1 }));
    const trials = await searchLoop(dependenciesOf(store, { controller, train }), { trials: 2 });
    assertEquals(trials.map(({ state, reason }) => [state, reason]), [
      ["failed", "loss NaN at step 1"],
      ["failed", "loss NaN at step 2"],
    ]);
    assertEquals(told, [0, null]);
  }),
);

Deno.test(
  "a search in which nothing works any more ends with the reason",
  inFile(async (file) => {
    using store = new RunStore(file);
    const latencies = { needsQuiet: false, measure: () => Promise.reject(new Error("the phone is gone")) };
    await assertRejects(
      () => searchLoop(dependenciesOf(store, { latencies }), { trials: 40 }),
      Error,
      "5 trials in a row failed outside the student; the last: the phone is gone",
    );
  }),
);

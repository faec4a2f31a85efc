import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Measurement } from "../../src/schemas/measurement.ts";
import type { Trial } from "../../src/schemas/trial.ts";
import { architectureHash } from "../../src/schemas/architecture.ts";
import { createSpace } from "../../src/spaces/table.ts";
import type { Controller } from "../../search/controller.ts";
import { createController } from "../../search/controllers/table.ts";
import { type LoopDependencies, searchLoop } from "../../search/loop.ts";
import { pendingTrial, rescored } from "../../search/trial_runner.ts";
import { defaultControllerBatch } from "../../src/schemas/presets.ts";
import { Skipping } from "../../search/skipping.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { JobError } from "../../search/trainers/pool.ts";
import type { LatencySource, MeasuredOutcome } from "../../search/latency/latency_source.ts";
import { madeUpMeasurement } from "./measurements.ts";

const space = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });

/** A measurement whose latency follows from the network, as real ones would. */
function measured({ architecture }: Pick<Trial, "architecture">): Measurement {
  return madeUpMeasurement("here", architecture.nodes.length / 10, { modelHash: architectureHash(architecture) });
}

/** Answers each network by `answer`, all at once. */
function latenciesBy(answer: (architecture: Trial["architecture"]) => Promise<MeasuredOutcome>): LatencySource {
  return {
    measure(architectures) {
      const outcomes = architectures.map(answer);
      return { outcomes, quiet: Promise.allSettled(outcomes).then(() => {}) };
    },
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
  assertEquals([4, 16, 24, 200, 1000].map(defaultControllerBatch), [2, 2, 3, 20, 20]);
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
  "with students skipped and weights passed on, too, it goes on as if nothing had happened",
  inFile(async (file) => {
    const random = createController("random", { decisions: space.decisions, seed: 5 });
    const proposals = random.ask(80).map(({ tokens }) => tokens);
    /** Students of one choice that matters, so that there is something to foresee. */
    const dependencies = (store: RunStore, trainers: number): LoopDependencies => {
      const controller = createController("random", { decisions: space.decisions, seed: 5 });
      const observed: number[] = [];
      const score: LoopDependencies["score"] = ([{ latencyMs }], accuracy) => ({ latencyMs, reward: accuracy });
      const skipping = new Skipping({
        prune: true,
        devices: () => ["here"],
        score,
        predictors: {
          observe: ({ architecture }) => void observed.push(architecture.nodes.length),
          // Whatever was not observed counts: the number of observations decides, too.
          foresee: ({ nodes: { length } }) =>
            observed.length > 8 && length % 7 === observed.length % 7
              ? {
                reason: `foreseen from ${observed.length} observations`,
                latency: { latencyMs: 9, lowMs: 8, highMs: 10 },
                predictions: [{ device: "here", latencyMs: length, lowMs: 8, highMs: 10 }],
                overLimit: false,
              }
              : null,
        },
      });
      return {
        ...dependenciesOf(store, { controller }),
        skipping,
        score,
        scoreForeseen: ({ accuracy, latenciesMs }) => accuracy / (latenciesMs?.here ?? NaN),
        startOf: ({ batch }) => store.trials("search").findLast((trial) => trial.batch < batch)?.number,
        train: async ({ number, startedFrom = 0, tokens }) => {
          await new Promise((resolve) => setTimeout(resolve, (number * trainers) % 5));
          const accuracy = 0.5 + tokens[0] / 10 + startedFrom / 1e5;
          return { accuracy, steps: 1, seconds: 1, loss: 1, backend: "cpu" };
        },
      };
    };
    const all = (trials: readonly Trial[]) =>
      trials.map(({ completedAt: _completedAt, measurements: _measurements, ...trial }) => trial);
    using uninterrupted = new RunStore(`${file}-whole`);
    const whole = all(await searchLoop(dependencies(uninterrupted, 1), { trials: 80, batch: 4 }));
    assertEquals(whole.map(({ tokens }) => tokens), proposals);
    const skipped = whole.filter(({ state }) => state === "skipped");
    for (const what of ["latencyMs", "accuracy"]) {
      assert(skipped.some(({ foreseen }) => foreseen?.what === what), `one was skipped for its ${what}`);
    }
    assert(skipped.every(({ reward = 0, reason }) => reward > 0 && reason?.startsWith("foreseen")));
    assert(whole.some(({ startedFrom }) => startedFrom !== undefined));

    using store = new RunStore(file);
    for (let kills = 0;; kills++) {
      const abort = new AbortController();
      const base = dependencies(store, 3);
      let left = 3 + (kills * 5) % 11;
      const killed = <T>(value: T): T => {
        if (--left > 0) return value;
        abort.abort(new Error("killed"));
        throw new Error("killed");
      };
      const train: LoopDependencies["train"] = (trial) => base.train(killed(trial));
      try {
        const resumed = await searchLoop({ ...base, train, signal: abort.signal }, { trials: 80, batch: 4 });
        assert(kills > 3, `it was broken off ${kills} times`);
        assertEquals(all(resumed), whole);
        assertEquals(all(store.trials("search")), whole);
        return;
      } catch (error) {
        if ((error as Error).message !== "killed") throw error;
      }
    }
  }),
);

Deno.test("a skipped student is scored anew by the devices that are left", () => {
  const trial: Trial = {
    ...pendingTrial({ number: 1, role: "search", batch: 0, tokens: [], seed: 1, architecture: space.reference(1) }),
    ...{ state: "skipped", reason: "foreseen", reward: 0.1 },
  };
  const foreseen = { value: 0.5, low: 0.4, high: 0.6, accuracy: 0.5 };
  const by = {
    brokenLimit: () => undefined,
    score: (_: readonly Measurement[], accuracy: number) => ({ latencyMs: 7, reward: accuracy / 2 }),
    scoreForeseen: ({ accuracy, latenciesMs = {} }: NonNullable<Trial["foreseen"]>) =>
      "phone" in latenciesMs ? undefined : accuracy / latenciesMs.here,
  };
  const pruned = rescored({ ...trial, foreseen: { what: "accuracy", ...foreseen } }, by);
  assertEquals([pruned.latencyMs, pruned.reward], [7, 0.25]);
  const far = (latenciesMs: Record<string, number>) =>
    rescored({ ...trial, foreseen: { what: "latencyMs", ...foreseen, latenciesMs } }, by);
  const here = far({ here: 5 });
  assertEquals([here.latencyMs, here.reward, here.state, here.reason], [undefined, 0.1, "skipped", "foreseen"]);
  // Nobody knows what it is worth on the device that is left.
  const left = far({ here: 5, phone: 50 });
  assertEquals([left.reward, left.state], [undefined, "skipped"]);
  assertEquals(left.reason, "foreseen, with a device that left the run since; not timed");
  assertEquals(rescored(left, by), left);
});

Deno.test(
  "a network that was skipped for a device which left is timed when it is proposed again, also after a resume",
  inFile(async (file) => {
    const tokens = space.decisions.map(() => 0);
    const dependencies = (store: RunStore, gone: () => boolean) => {
      const controller = createController("random", { decisions: space.decisions, seed: 1 });
      controller.ask = (count: number) => Array.from({ length: count }, (_, id) => ({ id, tokens }));
      controller.tell = () => {};
      const skipping = new Skipping({
        prune: false,
        devices: () => ["here"],
        score: () => ({ latencyMs: 1, reward: 1 }),
      });
      const foreseen = { what: "latencyMs" as const, value: 9, low: 8, high: 10, accuracy: 0.6 };
      skipping.beforeTiming = () =>
        gone() ? undefined : { reason: "foreseen", foreseen: { ...foreseen, latenciesMs: { here: 1, phone: 9 } } };
      const scoreForeseen = () => gone() ? undefined : 0.1;
      return dependenciesOf(store, { controller, skipping, scoreForeseen });
    };
    for (const resumed of [false, true]) {
      const path = `${file}-${resumed}`;
      using store = new RunStore(path);
      let gone = false;
      const asked: LoopDependencies = {
        ...dependencies(store, () => gone),
        onBatch: () => Promise.resolve(void (gone = true)),
      };
      if (resumed) await searchLoop(asked, { trials: 1, batch: 1 });
      const trials = await searchLoop(resumed ? dependencies(store, () => true) : asked, { trials: 3, batch: 1 });
      assertEquals(trials.slice(1).map(({ duplicateOf, state }) => [state, duplicateOf]), [
        ["completed", undefined],
        ["completed", 2],
      ]);
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
  "a network that was skipped is skipped again with the same estimate",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { controller, told } = listeningController();
    const tokens = space.decisions.map(() => 0);
    let id = 0;
    controller.ask = (count: number) => Array.from({ length: count }, () => ({ id: id++, tokens }));
    const foreseen = {
      what: "latencyMs" as const,
      value: 9,
      low: 8,
      high: 10,
      accuracy: 0.6,
      latenciesMs: { here: 9 },
    };
    let asked = 0;
    const skipping = new Skipping({
      prune: false,
      devices: () => ["here"],
      score: () => ({ latencyMs: 1, reward: 1 }),
    });
    skipping.beforeTiming = () => {
      asked++;
      return { reason: "foreseen far", foreseen };
    };
    const dependencies = dependenciesOf(store, {
      controller,
      skipping,
      scoreForeseen: ({ accuracy, latenciesMs }) => accuracy / (latenciesMs?.here ?? NaN),
    });
    const trials = await searchLoop(dependencies, { trials: 3, batch: 2 });
    assertEquals(trials.map(({ duplicateOf, state }) => [state, duplicateOf]), [
      ["skipped", undefined],
      ["skipped", 1],
      ["skipped", 1],
    ]);
    for (const trial of trials) assertEquals([trial.foreseen, trial.latencyMs], [foreseen, undefined]);
    assertEquals([told, asked, dependencies.log.order], [[0.6 / 9, 0.6 / 9, 0.6 / 9], 1, []]);
    assertEquals(essence(store.trials("search")), essence(trials));
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
    const latencies = latenciesBy(() => Promise.resolve({ error: "phone: the backend is not there" }));
    await assertRejects(
      () => searchLoop(dependenciesOf(store, { latencies }), { trials: 40 }),
      Error,
      "5 trials in a row failed outside the student; the last: phone: the backend is not there",
    );
  }),
);

Deno.test(
  "the error of one network fails its own trial only, outside the student",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { controller, told } = listeningController();
    const failing = space.decode(controller.ask(2)[1].tokens);
    controller.restore(createController("random", { decisions: space.decisions, seed: 1 }).snapshot());
    const latencies = latenciesBy((architecture) =>
      Promise.resolve(
        architectureHash(architecture) === architectureHash(failing)
          ? { error: "here: op Einsum is not there" }
          : { measurements: [measured({ architecture })] },
      )
    );
    const trials = await searchLoop(dependenciesOf(store, { controller, latencies }), { trials: 2 });
    assertEquals(trials.map(({ state, reason }) => [state, reason]), [
      ["completed", undefined],
      ["failed", "here: op Einsum is not there"],
    ]);
    assertEquals(told[1], null);
  }),
);

Deno.test(
  "a trial is trained as soon as it is measured, once this machine is quiet",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { promise: quiet, resolve: beQuiet } = Promise.withResolvers<void>();
    const { promise: slow, resolve: answer } = Promise.withResolvers<void>();
    const order: string[] = [];
    const latencies: LatencySource = {
      measure: (architectures) => ({
        outcomes: architectures.map(async (architecture, index) => {
          if (index === 0) await slow;
          return { measurements: [measured({ architecture })] };
        }),
        quiet,
      }),
    };
    const base = dependenciesOf(store);
    const train: LoopDependencies["train"] = (trial) => {
      order.push(`train ${trial.number}`);
      answer();
      return base.train(trial);
    };
    const searching = searchLoop({ ...base, latencies, train }, { trials: 2 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push("quiet");
    beQuiet();
    await searching;
    assertEquals(order, ["quiet", "train 2", "train 1"]);
  }),
);

Deno.test(
  "a device that is gone stops the search with the batch pending, and it goes on from there",
  inFile(async (file) => {
    using whole = new RunStore(`${file}-whole`);
    const uninterrupted = essence(await searchLoop(dependenciesOf(whole), { trials: 6 }));
    using store = new RunStore(file);
    let measurements = 0;
    const gone = latenciesBy((architecture) =>
      ++measurements > 3
        ? Promise.reject(new Error('device "phone" did not come back'))
        : Promise.resolve({ measurements: [measured({ architecture })] })
    );
    const dependencies = dependenciesOf(store, { latencies: gone });
    await assertRejects(() => searchLoop(dependencies, { trials: 6 }), Error, 'device "phone" did not come back');
    assertEquals(store.trials("search").map(({ state }) => state), ["completed", "completed", "pending", "pending"]);
    assertEquals(dependencies.log.trained, [1, 2]);
    assertEquals(essence(await searchLoop(dependenciesOf(store), { trials: 6 })), uninterrupted);
  }),
);

Deno.test(
  "what is told of a batch is scored by the devices that are left at its end",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { controller, told } = listeningController();
    let devices = 2;
    const base = dependenciesOf(store, { controller });
    const train: LoopDependencies["train"] = async (trial) => {
      const trained = await base.train(trial);
      // The second device goes away while the first trial of the batch is already done.
      if (trial.number === 1) devices = 1;
      return trained;
    };
    const score: LoopDependencies["score"] = ([{ latencyMs }]) => ({ latencyMs: latencyMs * devices, reward: devices });
    const trials = await searchLoop({ ...base, score, train }, { trials: 2 });
    assertEquals(told, [1, 1]);
    assertEquals(trials.map(({ reward }) => reward), [1, 1]);
  }),
);

Deno.test("a network that was too slow on a device that left has its latency on the others, and no reward", () => {
  const architecture = space.reference(1);
  const trial: Trial = {
    ...pendingTrial({ number: 1, role: "search", batch: 0, tokens: [], seed: 1, architecture }),
    ...{ state: "infeasible", reason: "30.00 ms, more than 5 ms", latencyMs: 30, reward: 0 },
  };
  const brokenLimit = (_: Trial, latencyMs = 0) => latencyMs > 5 ? `${latencyMs} ms is too slow` : undefined;
  const by = (latencyMs: number) => rescored(trial, { brokenLimit, score: () => ({ latencyMs, reward: 1 }) });
  assertEquals(by(30), trial);
  assertEquals(by(20), { ...trial, latencyMs: 20, reason: "20 ms is too slow" });
  const { latencyMs, reason, reward, state } = by(1);
  assertEquals([state, latencyMs, reward], ["infeasible", 1, undefined]);
  assertEquals(reason, "30.00 ms, more than 5 ms, with a device that left the run since; not trained");
  const tooLarge = { ...trial, latencyMs: undefined };
  assertEquals(rescored(tooLarge, { brokenLimit, score: () => ({ latencyMs: 1, reward: 1 }) }), tooLarge);
});

import { assertEquals, assertRejects } from "@std/assert";
import type { Trial } from "../../src/schemas/trial.ts";
import { architectureHash } from "../../src/schemas/architecture.ts";
import { createController } from "../../search/controllers/table.ts";
import { type LoopDependencies, searchLoop } from "../../search/loop.ts";
import { OutsideFaultError } from "../../search/outside_fault.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { JobError } from "../../search/trainers/pool.ts";
import {
  dependenciesOf,
  essence,
  inFile,
  latenciesBy,
  listened,
  listeningController,
  measured,
  undisturbed,
} from "./loop_fakes.ts";
import { space } from "./made_up_trials.ts";

Deno.test(
  "what breaks a hard limit is not trained, and counts as zero",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { controller, told } = listeningController();
    const dependencies = dependenciesOf(store, {
      controller,
      brokenLimit: ({ measurements, number }) =>
        number === 1 ? "too large" : number === 2 && measurements.length > 0 ? "too slow" : undefined,
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
  "a student's own failure counts as zero",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { controller, told } = listeningController();
    const train = (trial: Trial) => Promise.reject(new JobError(`loss NaN at step ${trial.number}`, { student: true }));
    const trials = await searchLoop(dependenciesOf(store, { controller, train }), { trials: 2 });
    assertEquals(trials.map(({ state, reason }) => [state, reason]), [
      ["failed", "loss NaN at step 1"],
      ["failed", "loss NaN at step 2"],
    ]);
    assertEquals(told, [0, 0]);
  }),
);

/** The search in `store` with one start after another until one gets through; what stopped the others. */
async function startAfterStart(
  store: RunStore,
  changes: (base: LoopDependencies) => Partial<LoopDependencies>,
  trials = 6,
): Promise<{ trials: Trial[]; stops: string[] }> {
  const stops: string[] = [];
  while (stops.length < 20) {
    const base = dependenciesOf(store);
    try {
      return { trials: await searchLoop({ ...base, ...changes(base) }, { trials }), stops };
    } catch (error) {
      if (!(error instanceof OutsideFaultError)) throw error;
      stops.push(error.message);
    }
  }
  throw new Error(`${stops.length} starts, and no end: ${stops.at(-1)}`);
}

const died = new JobError("the trainer died twice: ended by SIGKILL", { student: false });

Deno.test(
  "a training that a fault outside the student broke is made up for, and the search is the one without the fault",
  inFile(async (file) => {
    const uninterrupted = await undisturbed(file, 6);
    using store = new RunStore(file);
    const base = dependenciesOf(store);
    const told = listened(base.controller);
    const met = new Set<number>();
    const timed: string[] = [];
    const trials = await searchLoop({
      ...base,
      latencies: latenciesBy((architecture) => {
        timed.push(architectureHash(architecture));
        return base.latencies.measure([architecture], {}).outcomes[0];
      }),
      train: (trial, options) => {
        if (trial.number % 2 === 1 || met.has(trial.number)) return base.train(trial, options);
        met.add(trial.number);
        return Promise.reject(died);
      },
    }, { trials: 6 });
    assertEquals(essence(trials), uninterrupted);
    assertEquals([told.length, told.includes(null)], [6, false]);
    assertEquals(timed.length, new Set(timed).size, "a network was timed twice");
  }),
);

Deno.test(
  "where nothing can be trained any more the search stops, fails no student, and its next start makes up for it",
  inFile(async (file) => {
    const uninterrupted = await undisturbed(file, 6);
    using store = new RunStore(file);
    const told: (number | null)[][] = [];
    let trained = 0;
    const { stops, trials } = await startAfterStart(store, (base) => {
      told.push(listened(base.controller));
      return {
        trainers: 2,
        train: (trial, options) =>
          told.length <= 4 && ++trained > 2 ? Promise.reject(died) : base.train(trial, options),
      };
    });
    assertEquals(stops.length, 4);
    for (const stop of stops) assertEquals(stop.replace(/\d/, "N"), `trial N: ${died.message}`);
    assertEquals(essence(trials), uninterrupted);
    assertEquals(told.flat().includes(null), false);
  }),
);

Deno.test(
  "what is under way at the end of a run is finished and stored, what waits is not begun",
  inFile(async (file) => {
    using store = new RunStore(file);
    const base = dependenciesOf(store);
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    const train: LoopDependencies["train"] = async (trial, { signal }) => {
      if (trial.number === 1) throw new JobError("cannot write trial-1", { student: false, storage: true });
      signal.addEventListener("abort", () => stop());
      await stopped;
      // Two trainers: the second one has begun, the others are in the pool's queue.
      if (trial.number > 2) throw signal.reason;
      return base.train(trial, { signal });
    };
    await assertRejects(
      () => searchLoop({ ...base, train }, { trials: 4, batch: 4 }),
      OutsideFaultError,
      "trial 1: cannot write trial-1",
    );
    assertEquals(store.trials("search").map(({ state }) => state), ["pending", "completed", "pending", "pending"]);
    assertEquals(store.controllerState()?.told, false);
  }),
);

Deno.test(
  "a student that breaks its trainer again fails where others are trained, its network at once, and the search goes on",
  inFile(async (file) => {
    using store = new RunStore(file);
    const tokens = [0, 1, 2, 0, 3, 0].map((choice) => space.decisions.map(({ choices }) => choice % choices.length));
    const broken = architectureHash(space.decode(tokens[0]));
    const base = dependenciesOf(store);
    const told = listened(base.controller);
    base.controller.ask = (count) => {
      const from = store.trials("search").length;
      return Array.from({ length: count }, (_, index) => ({ id: from + index, tokens: tokens[from + index] }));
    };
    let attempts = 0;
    const trials = await searchLoop({
      ...base,
      train: (trial, options) => {
        if (trial.architectureHash !== broken) return base.train(trial, options);
        attempts++;
        return Promise.reject(new JobError("the trainer died twice: out of memory", { student: false }));
      },
    }, { trials: 6, batch: 3 });
    const failed = ["failed", "the trainer died twice: out of memory"];
    assertEquals(trials.map(({ reason, state }) => [state, reason]), [
      failed,
      ["completed", undefined],
      ["completed", undefined],
      failed,
      ["completed", undefined],
      failed,
    ]);
    assertEquals(told.map((reward) => reward === null), [true, false, false, true, false, true]);
    assertEquals(attempts, 3, "twice at first, once when it is proposed again");
  }),
);

Deno.test(
  "a student that is alone with its fault stops the search once, and fails in the second start",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { stops, trials } = await startAfterStart(
      store,
      (base) => ({ train: (trial, options) => trial.number === 3 ? Promise.reject(died) : base.train(trial, options) }),
      3,
    );
    assertEquals(stops, [`trial 3: ${died.message}`]);
    assertEquals(trials[2].reason, `${died.message} (in 2 starts of the run)`);
  }),
);

Deno.test(
  "a full disk is no student's doing, however many starts meet it",
  inFile(async (file) => {
    const uninterrupted = await undisturbed(file, 6);
    using store = new RunStore(file);
    const full = new JobError("cannot write trial-3.safetensors: No space left", { student: false, storage: true });
    let times = 4;
    const { stops, trials } = await startAfterStart(store, (base) => ({
      train: (trial, options) => trial.number === 3 && times-- > 0 ? Promise.reject(full) : base.train(trial, options),
    }));
    assertEquals(stops, Array(4).fill(`trial 3: ${full.message}`));
    assertEquals(essence(trials), uninterrupted);
  }),
);

Deno.test(
  "a store that takes no result stops the search, and no trial is failed for it",
  inFile(async (file) => {
    const uninterrupted = await undisturbed(file, 4);
    using store = new RunStore(file);
    let times = 1;
    const saveTrial = store.saveTrial.bind(store);
    store.saveTrial = (trial) => {
      if (trial.number === 3 && trial.state === "completed" && times-- > 0) {
        throw new OutsideFaultError("cannot write run.sqlite: database or disk is full");
      }
      saveTrial(trial);
    };
    const { stops, trials } = await startAfterStart(store, () => ({}), 4);
    assertEquals(stops, ["cannot write run.sqlite: database or disk is full"]);
    assertEquals(essence(trials), uninterrupted);
  }),
);

Deno.test(
  "a network that cannot be timed stops the search, and in its second start fails alone",
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
    const dependencies = dependenciesOf(store, { controller, latencies });
    await assertRejects(
      () => searchLoop(dependencies, { trials: 2 }),
      OutsideFaultError,
      "trial 2: here: op Einsum is not there",
    );
    assertEquals([told, dependencies.log.trained.includes(2)], [[], false]);
    const trials = await searchLoop(dependencies, { trials: 2 });
    assertEquals(trials.map(({ state, reason }) => [state, reason]), [
      ["completed", undefined],
      ["failed", "here: op Einsum is not there (in 2 starts of the run)"],
    ]);
    assertEquals(told[1], null);
  }),
);

Deno.test(
  "a device that is gone stops the search with the batch pending, and it goes on from there",
  inFile(async (file) => {
    const uninterrupted = await undisturbed(file, 6);
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

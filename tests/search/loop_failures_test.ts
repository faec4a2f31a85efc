import { assertEquals, assertRejects } from "@std/assert";
import type { Trial } from "../../src/schemas/trial.ts";
import { architectureHash } from "../../src/schemas/architecture.ts";
import { createController } from "../../search/controllers/table.ts";
import { searchLoop } from "../../search/loop.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { JobError } from "../../search/trainers/pool.ts";
import { dependenciesOf, essence, inFile, latenciesBy, listeningController, measured } from "./loop_fakes.ts";
import { space } from "./made_up_trials.ts";

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

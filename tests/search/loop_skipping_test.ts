import { assert, assertEquals } from "@std/assert";
import type { Trial } from "../../src/schemas/trial.ts";
import { createController } from "../../search/controllers/table.ts";
import { type LoopDependencies, searchLoop } from "../../search/loop.ts";
import { Skipping } from "../../search/skipping.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { dependenciesOf, essence, inFile, listeningController } from "./loop_fakes.ts";
import { space } from "./made_up_trials.ts";

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
      const train: LoopDependencies["train"] = (trial, options) => base.train(killed(trial), options);
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

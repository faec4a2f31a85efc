import { assert, assertEquals } from "@std/assert";
import { defaultControllerBatch } from "../../src/schemas/presets.ts";
import { createController } from "../../search/controllers/table.ts";
import { type LoopDependencies, searchLoop } from "../../search/loop.ts";
import { RunStore } from "../../search/store/run_store.ts";
import type { LatencySource } from "../../search/latency/latency_source.ts";
import { dependenciesOf, essence, inFile, listeningController, measured, undisturbed } from "./loop_fakes.ts";
import { space } from "./made_up_trials.ts";

Deno.test("batches hold about an eighth of the trials, an even number from 2 to 20", () => {
  assertEquals([4, 16, 24, 100, 200, 1000].map(defaultControllerBatch), [2, 2, 4, 12, 20, 20]);
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
    const whole = await undisturbed(file, 12);
    using store = new RunStore(file);
    for (let allowed = 1;; allowed++) {
      let trainings = 0;
      const abort = new AbortController();
      const base = dependenciesOf(store, { signal: abort.signal });
      const train: LoopDependencies["train"] = (trial, options) => {
        if (++trainings > allowed % 3 + 1) {
          abort.abort(new Error("killed"));
          throw new Error("killed");
        }
        return base.train(trial, options);
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
    const train: LoopDependencies["train"] = (trial, options) => {
      order.push(`train ${trial.number}`);
      answer();
      return base.train(trial, options);
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
  "what is told of a batch is scored by the devices that are left at its end",
  inFile(async (file) => {
    using store = new RunStore(file);
    const { controller, told } = listeningController();
    let devices = 2;
    const base = dependenciesOf(store, { controller });
    const train: LoopDependencies["train"] = async (trial, options) => {
      const trained = await base.train(trial, options);
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

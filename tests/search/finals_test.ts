import { assertEquals, assertRejects } from "@std/assert";
import type { Trial } from "../../src/schemas/trial.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import type { RunEvent } from "../../search/events.ts";
import { failedFinalsInWords, type FinalKind, trainFinals, weightsDropper } from "../../search/finals.ts";
import { OutsideFaultError } from "../../search/outside_fault.ts";
import { sampledStudents } from "../../search/proxy_quality.ts";
import { runFolder } from "../../search/run_folder.ts";
import { RunStore } from "../../search/store/run_store.ts";
import type { Trained } from "../../search/trainers/job.ts";
import { JobError } from "../../search/trainers/pool.ts";
import { madeUpTrial } from "./made_up_trials.ts";

/** Runs `body` with a run of five trials and a baseline, of which two are trained longer and two more as a sample. */
async function withRun(
  body: (run: {
    store: RunStore;
    events: RunEvent[];
    train: (longer: (trial: Trial, kind: FinalKind) => Partial<Trained>, signal?: AbortSignal) => Promise<void>;
  }) => Promise<void>,
  options: { finalTop?: number } = {},
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
  try {
    const given = searchOptionsSchema.parse({ dataDir, run: "finals", finalTop: 2, finalSample: 2, ...options });
    const config = resolveRunConfig(given, { cores: 1 });
    const paths = runFolder(dataDir, config.run);
    await Deno.mkdir(`${paths.folder}/weights`, { recursive: true });
    using store = new RunStore(paths.database);
    for (let number = 1; number <= 5; number++) store.saveTrial(madeUpTrial(number, number / 10, number));
    store.saveTrial(madeUpTrial(1, 0.05, 1, { role: "baseline", label: "reference x1" }));
    // Each trial of the fixture is of one network, measured once.
    store.saveMeasurements(madeUpTrial(1, 0.1, 1).measurements);
    const events: RunEvent[] = [];
    let queue = Promise.resolve<Trained>({ accuracy: 0, steps: 0, seconds: 0, loss: 0, backend: "cpu" });
    await body({
      store,
      events,
      train: (longer, signal) =>
        trainFinals({ config, paths, store, signal, emit: (event) => events.push(event) }, {
          sampleSeed: 1,
          // One after another, as a single trainer does it.
          trainLonger: (trial, kind, { signal: stop }) =>
            queue = queue.catch(() => {}).then(async () => {
              signal?.throwIfAborted();
              stop.throwIfAborted();
              await Deno.writeTextFile(paths.weights(trial.role, trial.number, kind), "weights");
              return { accuracy: 0.9, steps: 1, seconds: 1, loss: 1, backend: "cpu", ...longer(trial, kind) };
            }),
        }),
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

const notesOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "note" ? [event.message] : []));

const nothingLeft = (): never => {
  throw new Error("nothing is left to train");
};

const tested = (_trial: Trial, kind: FinalKind) => (kind === "final" ? { testAccuracy: 0.8 } : {});

Deno.test("finals are scored on the test part, the sample is not, and a finished one is not trained again", () =>
  withRun(async ({ store, train }) => {
    const abort = new AbortController();
    const trained: string[] = [];
    const dying = (trial: Trial, kind: FinalKind) => {
      if (trial.number === 4) {
        abort.abort(new Error("killed"));
        throw new Error("killed");
      }
      trained.push(`${kind} ${trial.role} ${trial.number}`);
      return tested(trial, kind);
    };
    await assertRejects(() => train(dying, abort.signal), Error, "killed");
    const before = [...trained];
    await train((trial, kind) => {
      trained.push(`${kind} ${trial.role} ${trial.number}`);
      return tested(trial, kind);
    });
    // Two finals, one baseline, two of the sample, each once; what was stored before the abort was not done again.
    const stored = store.finals().map(({ role, testAccuracy, trial }) => [role, trial, testAccuracy]);
    assertEquals(stored, [["search", 4, 0.8], ["search", 5, 0.8], ["baseline", 1, 0.8]]);
    assertEquals(new Set(trained).size, trained.length);
    assertEquals([trained.length, before.includes("final search 4")], [5, false]);
    const sampled = sampledStudents(store).map(({ trial }) => trial);
    assertEquals([sampled.length, sampled.every((trial) => trial <= 3)], [2, true]);
    await train(nothingLeft);
  }));

Deno.test("a student that fails its longer training is told, not tried again, and the others go on", () =>
  withRun(async ({ events, store, train }) => {
    const diverging = (trial: Trial, kind: FinalKind) => {
      if (trial.number === 5) throw new JobError("the loss is NaN at step 3 of 9", { student: true });
      return tested(trial, kind);
    };
    await train(diverging);
    assertEquals(store.finals().map(({ trial }) => trial), [4, 1]);
    assertEquals(notesOf(events), ["Longer training of trial 5 failed: the loss is NaN at step 3 of 9"]);
    assertEquals(failedFinalsInWords(store), notesOf(events));
    await train(nothingLeft);
  }));

Deno.test("a fault outside the students stops longer trainings, and a later start trains those that are missing", () =>
  withRun(async ({ events, store, train }) => {
    const full = new JobError("cannot write final-4.safetensors: No space left", { student: false, storage: true });
    for (let start = 0; start < 3; start++) {
      await assertRejects(
        () =>
          train((trial, kind) => {
            if (trial.number === 4 || trial.role === "baseline") throw full;
            return tested(trial, kind);
          }),
        OutsideFaultError,
        `longer training of trial 4: ${full.message}`,
      );
    }
    assertEquals(store.finals().map(({ role, trial }) => [role, trial]), [["search", 5]]);
    await train(tested);
    assertEquals(store.finals().map(({ role, trial }) => [role, trial]), [
      ["search", 4],
      ["search", 5],
      ["baseline", 1],
    ]);
    assertEquals(sampledStudents(store).length, 2);
    assertEquals(notesOf(events), []);
  }));

const died = new JobError("the trainer died twice: out of memory", { student: false });

Deno.test("a student that breaks its trainer again is told, not tried any more, and the others go on", () =>
  withRun(async ({ events, store, train }) => {
    let attempts = 0;
    await train((trial, kind) => {
      if (trial.number !== 5) return tested(trial, kind);
      attempts++;
      throw died;
    });
    assertEquals([attempts, store.finals().map(({ trial }) => trial)], [2, [4, 1]]);
    assertEquals(notesOf(events), ["Longer training of trial 5 failed: the trainer died twice: out of memory"]);
    await train(nothingLeft);
  }));

Deno.test("where nothing can be trained longer, start after start, nothing is lost by it", () =>
  withRun(async ({ events, store, train }) => {
    for (let start = 0; start < 4; start++) {
      await assertRejects(
        () =>
          train(() => {
            throw died;
          }),
        OutsideFaultError,
        "longer training of trial 5: the trainer died twice",
      );
    }
    await train(tested);
    assertEquals([store.finals().length, sampledStudents(store).length], [3, 2]);
    assertEquals(notesOf(events), []);
  }));

Deno.test("the last one missing stops one start by its fault, and is given up in the next", () =>
  withRun(async ({ events, store, train }) => {
    await assertRejects(() =>
      train((trial, kind) => {
        if (trial.role === "baseline" || trial.number < 4) {
          throw new JobError("no space", { student: false, storage: true });
        }
        return tested(trial, kind);
      }), OutsideFaultError);
    const breaking = (trial: Trial, kind: FinalKind) => {
      if (trial.role === "baseline") throw died;
      return tested(trial, kind);
    };
    await train(breaking).catch(() => {});
    await train(breaking).catch(() => {});
    assertEquals(store.finals().map(({ trial }) => trial), [4, 5]);
    assertEquals(notesOf(events).length, 1);
    await train(nothingLeft);
  }));

Deno.test("without best students only the sample is trained longer, and nothing is scored on the test part", () =>
  withRun(async ({ store, train }) => {
    const kinds: string[] = [];
    await train((trial, kind) => {
      kinds.push(`${kind} ${trial.role}`);
      return tested(trial, kind);
    });
    assertEquals([kinds, store.finals()], [["sample search", "sample search"], []]);
  }, { finalTop: 0 }));

Deno.test("weights that are not kept are removed once, and those that come back later are left alone", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
  try {
    const config = resolveRunConfig(searchOptionsSchema.parse({ dataDir, run: "drop", finalTop: 1 }), { cores: 1 });
    const paths = runFolder(dataDir, config.run);
    await Deno.mkdir(`${paths.folder}/weights`, { recursive: true });
    using store = new RunStore(paths.database);
    store.set("targets", []);
    const drop = weightsDropper({ config, paths, store, emit: () => {} });
    const add = async (number: number, accuracy: number, latencyMs: number) => {
      store.saveTrial(madeUpTrial(number, accuracy, latencyMs));
      await Deno.writeTextFile(paths.weights("search", number, "trial"), "weights");
    };
    const left = () => [...Deno.readDirSync(`${paths.folder}/weights`)].map(({ name }) => name).sort();
    await add(1, 0.9, 5);
    await add(2, 0.5, 6);
    await drop();
    assertEquals(left(), ["trial-1.safetensors"]);
    // No file is tried again.
    await Deno.writeTextFile(paths.weights("search", 2, "trial"), "weights");
    await add(3, 0.95, 4);
    await drop();
    assertEquals(left(), ["trial-2.safetensors", "trial-3.safetensors"]);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

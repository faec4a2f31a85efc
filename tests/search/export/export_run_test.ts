import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { DatabaseSync } from "node:sqlite";
import { flagMeaning } from "../../../devices/mod.ts";
import { readModel } from "../../../devices/models/read_model.ts";
import { exportRun, type ExportRunSettings } from "../../../search/export/export_run.ts";
import { RunLockedError } from "../../../search/store/run_lock.ts";
import { RunStore } from "../../../search/store/run_store.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { ExportMismatchError, exportModel } from "../../../src/export/export_model.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/export/safetensors.ts";
import { type ExportOptions, exportOptionsSchema } from "../../../src/schemas/export_options.ts";
import type { RunConfig } from "../../../src/schemas/run_config.ts";
import type { Trial } from "../../../src/schemas/trial.ts";
import { onnxMetadata } from "../../../src/teachers/onnx_metadata.ts";
import { readSafetensors } from "../../../src/teachers/safetensors_tensors.ts";
import { type Card, scoresOtherwise } from "../../../search/export/card.ts";
import { type MadeUpRun, withRun } from "./made_up_run.ts";

// Bundling takes seconds; page_test.ts opens what comes of it.
const bundleScript = () => Promise.resolve("export {};");
const quiet: ExportRunSettings = { log: () => {}, now: new Date("2026-01-03T00:00:00Z"), bundleScript };

function optionsOf({ dataDir }: MadeUpRun, others: Partial<ExportOptions> = {}): ExportOptions {
  return { ...exportOptionsSchema.parse({ run: "made-up", dataDir }), ...others };
}

async function usageError(options: ExportOptions): Promise<string> {
  const { message } = await assertRejects(() => exportRun(options, quiet), UsageError);
  assert(!message.includes("\n"));
  return message;
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("the best student is exported in all formats, with the weights of its longer training", () =>
  withRun(async (run) => {
    const lines: string[] = [];
    const result = await exportRun(optionsOf(run), { ...quiet, log: (line) => lines.push(line) });
    const out = `${run.dataDir}/exports/made-up-trial-1`;
    assertEquals([result.trial, result.role, result.weights, result.out], [1, "search", "final", out]);
    assertEquals([result.accuracy, result.testAccuracy], [0.85, 0.84]);
    assertEquals(result.formats.map(({ format }) => format), ["tfjs-graph", "tfjs", "onnx", "safetensors"]);
    assert(result.maxDifference !== null && result.maxDifference < 1e-5, `difference ${result.maxDifference}`);
    for (const file of result.files) assert((await Deno.stat(file)).size > 0);
    assertEquals(await names(out), [
      "README.md",
      "card.json",
      "index.html",
      "onnx",
      "safetensors",
      "tfjs",
      "tfjs-graph",
    ]);
    assertMatch(lines.join("\n"), /trial-1 of run "made-up", weights of the longer training/);

    const { weights } = decodeSafetensors(await Deno.readFile(`${out}/safetensors/model.safetensors`), "model");
    assertEquals(weights, run.finalWeights);
    // As a teacher it is shown its images as the student saw them.
    const { input: { deviation, mean } }: Card = JSON.parse(await Deno.readTextFile(`${out}/card.json`));
    for (const form of ["tfjs", "tfjs-graph"]) {
      const { userDefinedMetadata } = JSON.parse(await Deno.readTextFile(`${out}/${form}/model.json`));
      assertEquals(userDefinedMetadata, { nacre: { mean, deviation } });
    }
    const texts = { normalise_mean: mean.join(), normalise_std: deviation.join() };
    assertEquals(onnxMetadata(await Deno.readFile(`${out}/onnx/model.onnx`)), texts);
    const { metadata } = readSafetensors(await Deno.readFile(`${out}/safetensors/model.safetensors`), "model");
    assertEquals({ ...metadata, ...texts }, metadata);
    // Beside the temporary folder nothing is left.
    assertEquals(await names(`${run.dataDir}/exports`), ["made-up-trial-1"]);
    if (Deno.build.os !== "windows") {
      assertEquals((await Deno.stat(`${out}/tfjs/model.json`)).mode! & 0o777, 0o666 & ~Deno.umask());
    }
  }));

Deno.test("the card says what was trained, on what, how fast and how it is fed", () =>
  withRun(async (run) => {
    const { out } = await exportRun(optionsOf(run), quiet);
    const card: Card = JSON.parse(await Deno.readTextFile(`${out}/card.json`));
    assertEquals(card.input.channels, 3);
    assertEquals([card.input.colours, card.input.mean.length, card.input.divideBy], ["RGB", 3, 255]);
    assertEquals(card.weights, "final");
    assertEquals(card.version, 2);
    assertEquals(card.teachers, [
      { name: "residual teacher", accuracy: 0.9, testAccuracy: 0.89, hash: "ab" },
      { name: "residual teacher", accuracy: 0.88, testAccuracy: null, hash: "cd" },
    ]);
    assertEquals(card.distiller.name, "kd");
    assertEquals([card.accuracy.validation, card.accuracy.test], [0.85, 0.84]);
    assertEquals(card.accuracy.recomputed.images, card.accuracy.validationImages);
    const [latency] = card.latency;
    assertEquals([latency.device, latency.runtime, latency.protocol], ["here", "tfjs-wasm", "nacre/1"]);
    assertEquals([latency.latencyMs, latency.medianMs, latency.p90Ms, latency.targetMs], [1.5, 2.12, 10.1, 2]);
    assert(latency.lowMs < 1.5 && latency.highMs > 1.5);
    assertEquals(card.training.steps, 900);

    const readme = await Deno.readTextFile(`${out}/README.md`);
    for (
      const wanted of ["1.50 ms", "nacre/1", "84.0 %", "Deviation:", "residual teacher", "Licence", "Use and limits"]
    ) {
      assertStringIncludes(readme, wanted);
    }
    assertStringIncludes(readme, "2 teachers: residual teacher 1 (90.0 %), residual teacher 2 (88.0 %)");
    // Names of classes are text, not markup.
    assertStringIncludes(readme, "a\\<b\\>&\"'");
    assert(!readme.includes("<script>"));
  }, { channels: 3 }));

Deno.test("a longer training is said to start from the backbone only where the network has any of it", () =>
  withRun(async (run) => {
    {
      using store = new RunStore(run.paths.database);
      store.set("backboneHash", "of a backbone");
      const change = (role: "search" | "baseline", more: Partial<Trial>) => {
        const [trial] = store.trials(role);
        store.saveTrial({ ...trial, ...more });
        const weights = run.paths.weights(role, 1, "final");
        store.saveFinal({ trial: 1, role, accuracy: 0.85, testAccuracy: 0.84, steps: 900, trainSeconds: 30, weights });
      };
      // Trial 1 started from another student. The baseline is of another width than the backbone.
      change("search", { startedFrom: 3 });
      change("baseline", {});
    }
    await Deno.copyFile(run.paths.weights("search", 1, "final"), run.paths.weights("baseline", 1, "final"));
    const startOf = async (student: Partial<ExportOptions>) => {
      const { out, weights } = await exportRun(optionsOf(run, { format: ["safetensors"], ...student }), quiet);
      const card: Card = JSON.parse(await Deno.readTextFile(`${out}/card.json`));
      return [weights, card.training.startedFrom];
    };
    assertEquals(await startOf({ trial: 1 }), ["final", 0]);
    assertEquals(await startOf({ baseline: 1 }), ["final", null]);
    assertStringIncludes(
      await Deno.readTextFile(`${run.dataDir}/exports/made-up-baseline-1/README.md`),
      "from random weights",
    );
  }));

Deno.test("card and page tell both scales of latency, and every doubt in words", () =>
  withRun(async (run) => {
    const { out } = await exportRun(optionsOf(run, { format: ["onnx"] }), quiet);
    const [readme, page] = await Promise.all([
      Deno.readTextFile(`${out}/README.md`),
      Deno.readTextFile(`${out}/index.html`),
    ]);
    for (const text of [readme, page]) {
      for (const wanted of ["nominal speed", "1.50 ms", "2.12 ms", "10.1 ms", "as timed"]) {
        assertStringIncludes(text, wanted);
      }
      for (const flag of ["unsteady", "wide-interval"]) {
        assertStringIncludes(text, `${flag}: ${flagMeaning(flag)}`);
      }
    }
    assertMatch(readme, /\| median as timed \| 90th percentile as timed \|/);
  }));

Deno.test("the card describes the forms that were written, and no other", () =>
  withRun(async (run) => {
    const readmeOf = async (format: ExportOptions["format"]) => {
      const { out } = await exportRun(optionsOf(run, { format, out: `${run.dataDir}/${format.join("-")}` }), quiet);
      return await Deno.readTextFile(`${out}/README.md`);
    };
    const onnx = await readmeOf(["onnx"]);
    assert(!/tfjs-graph|LayersModel|TF\.js:|safetensors/.test(onnx), onnx);
    assertStringIncludes(onnx, "`onnx` was not timed");
    assertStringIncludes(onnx, "ONNX: `image`, `[batch, 1, 12, 12]`. Batches of any size.");
    assertStringIncludes(onnx, "a form that is not in this folder");
    const graph = await readmeOf(["tfjs-graph", "safetensors"]);
    assert(!/LayersModel|ONNX|onnx/.test(graph), graph);
    assertStringIncludes(graph, "the same fused kernels as were timed");
    assertStringIncludes(graph, "## How to read model.safetensors");
    const card: Card = JSON.parse(await Deno.readTextFile(`${run.dataDir}/tfjs-graph-safetensors/card.json`));
    assertEquals(card.safetensors?.batchNormEpsilon, 1e-3);
    assertStringIncludes(graph, card.safetensors?.howToRead ?? "missing");
  }));

Deno.test("where accuracy alone counts there is no target, and teachers of files are named with them", () =>
  withRun(async (run) => {
    {
      using store = new RunStore(run.paths.database);
      store.set("config", { ...store.get("config") as RunConfig, exponents: [0, 0], teacher: ["a.onnx", "b.onnx"] });
    }
    const { out } = await exportRun(optionsOf(run, { format: ["safetensors"] }), quiet);
    const card: Card = JSON.parse(await Deno.readTextFile(`${out}/card.json`));
    assertEquals(card.latency[0].targetMs, null);
    assertEquals(card.teachers.map(({ files }) => files), [["a.onnx"], ["b.onnx"]]);
  }));

Deno.test("a damaged trial and a run of an earlier version are one line each", () =>
  withRun(async (run) => {
    const change = (sql: string) => {
      using database = new DatabaseSync(run.paths.database);
      database.exec(sql);
    };
    change("UPDATE trials SET json = json_remove(json, '$.accuracy', '$.tokens') WHERE role = 'search' AND number = 5");
    const { message } = await assertRejects(() => exportRun(optionsOf(run), quiet), Error);
    assertMatch(message, /^run "made-up": trial 5 in its store is damaged: tokens: [^\n]+$/);
    change("UPDATE trials SET json = '{' WHERE role = 'baseline'");
    const baseline = await assertRejects(() => exportRun(optionsOf(run, { baseline: 1 }), quiet), Error);
    assertMatch(baseline.message, /^run "made-up": baseline 1 in its store is damaged: [^\n]+$/);
    change("UPDATE meta SET value = '4' WHERE key = 'schemaVersion'");
    const outdated = await usageError(optionsOf(run));
    assertMatch(
      outdated,
      /^--run made-up is a run of an earlier version, whose trials .*: it cannot be exported; make/,
    );
  }));

Deno.test("a student that scores otherwise than its run says is exported with a warning, one as it says without", () =>
  withRun(async (run) => {
    // Random weights do not score the made-up accuracy.
    const lines: string[] = [];
    const settings = { ...quiet, log: (line: string) => lines.push(line) };
    const options = optionsOf(run, { format: ["safetensors"] });
    const { out } = await exportRun(options, settings);
    assertMatch(lines.join("\n"), /Warning: it scores .* on 18 validation images, but 85\.0 % in the run/);
    assertStringIncludes(await Deno.readTextFile(`${out}/README.md`), "do not use it before you know why");
    const card: Card = JSON.parse(await Deno.readTextFile(`${out}/card.json`));
    {
      using store = new RunStore(run.paths.database);
      const [final] = store.finals();
      store.saveFinal({ ...final, accuracy: card.accuracy.recomputed.accuracy });
    }
    lines.length = 0;
    await exportRun(options, settings);
    assert(!lines.join("\n").includes("Warning"));
    assert(!(await Deno.readTextFile(`${out}/README.md`)).includes("do not use it"));
  }));

Deno.test("a sample of the validation images may differ by chance, all of them by rounding only", () => {
  const given = (images: number, accuracy: number) =>
    scoresOtherwise({
      ...{ validation: 0.8, validationImages: 1000, test: null, testImages: 1 },
      recomputed: { images, accuracy },
    });
  assertEquals([given(1000, 0.796), given(1000, 0.79)], [false, true]);
  // Four standard deviations of 100 images are 0.16.
  assertEquals([given(100, 0.65), given(100, 0.6)], [false, true]);
});

Deno.test("another student, a baseline and one format are had by asking", () =>
  withRun(async (run) => {
    const other = await exportRun(optionsOf(run, { trial: 5, format: ["onnx"], out: `${run.dataDir}/five` }), quiet);
    assertEquals([other.trial, other.weights, other.testAccuracy], [5, "trial", null]);
    assertEquals(await names(`${run.dataDir}/five`), ["README.md", "card.json", "index.html", "onnx"]);
    assertStringIncludes(await Deno.readTextFile(`${run.dataDir}/five/README.md`), "short training amid the search");
    const baseline = await exportRun(optionsOf(run, { baseline: 1, format: ["safetensors"] }), quiet);
    assertEquals([baseline.role, baseline.trial], ["baseline", 1]);
    assertStringIncludes(await Deno.readTextFile(`${baseline.out}/README.md`), "baseline 1, reference x0.5");
  }));

Deno.test("where the longer training's weights are gone, those of the search are taken, and said so", () =>
  withRun(async (run) => {
    await Deno.remove(run.paths.weights("search", 1, "final"));
    const result = await exportRun(optionsOf(run, { format: ["safetensors"] }), quiet);
    // The accuracies are those of these weights.
    assertEquals([result.weights, result.accuracy, result.testAccuracy], ["trial", 0.8, null]);
  }));

Deno.test("what was exported can be measured here, in the shape that it declares", () =>
  withRun(async (run) => {
    const { out } = await exportRun(optionsOf(run), quiet);
    for (
      const path of [
        "tfjs",
        "tfjs/model.json",
        "tfjs-graph/model.json",
        "onnx/model.onnx",
        "safetensors/architecture.json",
      ]
    ) {
      const { model } = await readModel(`${out}/${path}`);
      const shape = path.startsWith("onnx") ? [1, 1, 12, 12] : [1, 12, 12, 1];
      assertEquals(model.input.shape, shape, path);
    }
  }));

Deno.test("a run or a student that is not there is a usage error of one line", () =>
  withRun(async (run) => {
    assertMatch(await usageError(optionsOf(run, { run: undefined })), /--run is missing; runs in .*: made-up$/);
    assertMatch(await usageError(optionsOf(run, { run: "other" })), /--run other is no run in .*; there are: made-up$/);
    assertMatch(await usageError(optionsOf(run, { trial: 9 })), /--trial is 9.*no such one; completed are 1, 2, 5$/);
    assertMatch(await usageError(optionsOf(run, { trial: 3 })), /trial 3 is the same network as trial 1/);
    assertMatch(
      await usageError(optionsOf(run, { trial: 4 })),
      /trial 4 has no result: it is failed \(the loss is not/,
    );
    assertMatch(await usageError(optionsOf(run, { trial: 2 })), /trial 2 were not kept.*those of 1, 5 were$/);
    assertMatch(await usageError(optionsOf(run, { trial: 1, baseline: 1 })), /allowed is one of them/);
    assertEquals(await names(run.dataDir), ["cache", "images", "runs"]);
  }));

Deno.test("a run in progress is left alone", () =>
  withRun(async (run) => {
    const holder = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `const file = await Deno.open(${JSON.stringify(`${run.paths.folder}/run.lock`)}, { write: true, create: true });
         await file.lock(true); console.log("locked"); await new Promise((resolve) => setTimeout(resolve, 60000));`,
      ],
      stdout: "piped",
      stdin: "null",
    }).spawn();
    try {
      const reader = holder.stdout.getReader();
      await reader.read();
      await assertRejects(() => exportRun(optionsOf(run), quiet), RunLockedError, "is in use");
      await reader.cancel();
    } finally {
      holder.kill("SIGKILL");
      await holder.status;
    }
  }));

Deno.test("data other than that of the run is refused", () =>
  withRun(async (run) => {
    {
      using store = new RunStore(run.paths.database);
      store.set("datasetHash", "another");
    }
    await assertRejects(() => exportRun(optionsOf(run), quiet), Error, "was made on other data than");
  }));

Deno.test("weights of another network are refused", () =>
  withRun(async (run) => {
    const nodes = run.architecture.nodes.map((node) => node.op === "dropout" ? { ...node, rate: 0.3 } : node);
    const other = encodeSafetensors({ ...run.architecture, nodes }, run.weights);
    await Deno.writeFile(run.paths.weights("search", 1, "final"), other);
    await assertRejects(() => exportRun(optionsOf(run), quiet), Error, "holds the weights of another network");
  }));

Deno.test("a format that says something else is left out, the others are written", () =>
  withRun(async (run) => {
    const exportAs: typeof exportModel = (architecture, weights, options) => {
      if (options.format === "onnx") throw new ExportMismatchError("onnx", "its logits differ");
      return exportModel(architecture, weights, options);
    };
    const result = await exportRun(optionsOf(run), { ...quiet, exportAs });
    assertEquals(await names(result.out), [
      "README.md",
      "card.json",
      "index.html",
      "safetensors",
      "tfjs",
      "tfjs-graph",
    ]);
    assertEquals(result.formats[2], { format: "onnx", failed: "onnx: its logits differ" });
    assertStringIncludes(await Deno.readTextFile(`${result.out}/README.md`), "not written");
  }));

Deno.test("an interrupted export leaves nothing, and an earlier one as it was", () =>
  withRun(async (run) => {
    const { out } = await exportRun(optionsOf(run, { format: ["safetensors"] }), quiet);
    const before = await Deno.readTextFile(`${out}/card.json`);
    const interruption = new AbortController();
    const exportAs: typeof exportModel = async (...given) => {
      const written = await exportModel(...given);
      interruption.abort(new Error("interrupted"));
      return written;
    };
    const settings = { ...quiet, now: new Date(), exportAs, signal: interruption.signal };
    await assertRejects(() => exportRun(optionsOf(run), settings), Error, "interrupted");
    assertEquals(await Deno.readTextFile(`${out}/card.json`), before);
    assertEquals(await names(`${run.dataDir}/exports`), ["made-up-trial-1"]);
  }));

Deno.test("an earlier export is replaced as a whole, other folders never", () =>
  withRun(async (run) => {
    const out = `${run.dataDir}/out`;
    await exportRun(optionsOf(run, { out }), quiet);
    await exportRun(optionsOf(run, { out: `${out}/`, format: ["onnx"] }), quiet);
    assertEquals(await names(out), ["README.md", "card.json", "index.html", "onnx"]);
    const message = await usageError(optionsOf(run, { out: `${run.dataDir}/images` }));
    assertMatch(message, /--out .*images holds other files, for instance t.*; allowed: a new or empty folder/);
    await Deno.writeTextFile(`${out}/notes.txt`, "mine");
    assertMatch(await usageError(optionsOf(run, { out })), /also holds notes.txt, which no export wrote/);
    assertEquals(await Deno.readTextFile(`${out}/notes.txt`), "mine");
    await Deno.remove(`${out}/notes.txt`);
    await Deno.writeTextFile(`${out}/README.md`, "mine", { append: true });
    assertMatch(await usageError(optionsOf(run, { out })), /: README.md was changed after the export/);
    assertMatch(await usageError(optionsOf(run, { out: `${out}/card.json/x` })), /cannot be written/);
    assertMatch(await usageError(optionsOf(run, { out: "." })), /the folder that this command runs in/);
  }));

Deno.test("no tensors stay behind", () =>
  withRun(async (run) => {
    await exportRun(optionsOf(run), quiet);
    const { numTensors } = tf.memory();
    await exportRun(optionsOf(run), quiet);
    assertEquals(tf.memory().numTensors, numTensors);
  }));

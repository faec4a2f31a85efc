// A student of a run as a folder of files that other programs open, with a card and a page that runs it.
import { formatPercent } from "../../src/cli/format.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { writeWhole } from "../../src/data/write_whole.ts";
import type { TrainingData } from "../../src/data/training_data.ts";
import { ExportMismatchError, exportModel, type ModelExport } from "../../src/export/export_model.ts";
import { decodeSafetensors } from "../../src/export/safetensors.ts";
import type { Weights } from "../../src/models/weights.ts";
import { architectureHash } from "../../src/schemas/architecture.ts";
import { exportFormatSchema, type ExportOptions } from "../../src/schemas/export_options.ts";
import { listRuns } from "../runs.ts";
import { runFolder } from "../run_folder.ts";
import { lockRun } from "../store/run_lock.ts";
import { OutdatedRunError, RunStore } from "../store/run_store.ts";
import { type Card, type CardFormat, cardOf, scoresOtherwise } from "./card.ts";
import { cardFileOf, exportFiles } from "./card_file.ts";
import { cardMarkdown } from "./card_markdown.ts";
import { chooseStudent, type ChosenStudent } from "./chosen_student.ts";
import { formatDifference } from "./format_difference.ts";
import { pageHtml } from "./page_html.ts";
import { bundlePageScript } from "./page_script.ts";
import { recomputedAccuracy } from "./recomputed.ts";
import { startTfjs, tfjsWasmFolder } from "./start_tfjs.ts";
import { openStudentData, sampleImages, validationBatch } from "./student_data.ts";
import { requireReplaceable } from "./replaceable.ts";
import { writeWholeFolder } from "./whole_folder.ts";

/** Validation images on which every format must agree. */
const checkedImages = 64;

export interface ExportRunSettings {
  /** Lines for people. */
  log: (line: string) => void;
  signal?: AbortSignal;
  now?: Date;
  /** Stand in for what writes formats and bundles the page's script, for tests. */
  exportAs?: typeof exportModel;
  bundleScript?: typeof bundlePageScript;
}

/** What `export --json` prints. */
export interface ExportResult {
  run: string;
  role: "search" | "baseline";
  trial: number;
  weights: "final" | "trial";
  accuracy: number;
  testAccuracy: number | null;
  out: string;
  files: string[];
  /** Largest over the formats that were written; null where none was. */
  maxDifference: number | null;
  formats: CardFormat[];
}

async function requireRun(dataDir: string, run: string | undefined): Promise<string> {
  const known = () => listRuns(dataDir).map((one) => one.run).join(", ") || "none";
  if (run === undefined) throw new UsageError(`--run is missing; runs in ${dataDir}: ${known()}`);
  try {
    await Deno.stat(runFolder(dataDir, run).database);
  } catch {
    throw new UsageError(`--run ${run} is no run in ${dataDir}; there are: ${known()}`);
  }
  return run;
}

/** UsageError on a run of an earlier version. */
function openStore(database: string, run: string): RunStore {
  try {
    return new RunStore(database, { readOnly: true });
  } catch (error) {
    if (!(error instanceof OutdatedRunError)) throw error;
    throw new UsageError(
      `--run ${run} is a run of an earlier version, ${error.lacks}: it cannot be exported; make it anew`,
    );
  }
}

async function readWeights({ file, trial }: ChosenStudent): Promise<Weights> {
  const { architecture, weights } = decodeSafetensors(await Deno.readFile(file), file);
  if (architectureHash(architecture) !== architectureHash(trial.architecture)) {
    throw new Error(`${file} holds the weights of another network than trial ${trial.number}`);
  }
  return weights;
}

interface Parts {
  student: ChosenStudent;
  weights: Weights;
  data: TrainingData;
}

/** Writes each format into its folder below `folder`; paths in the result are relative to `folder`. */
async function writeFormats(
  folder: string,
  { data, student, weights }: Parts,
  { exportAs = exportModel, log, signal, formats }: ExportRunSettings & { formats: ExportOptions["format"] },
): Promise<CardFormat[]> {
  const { images } = validationBatch(data, checkedImages);
  const written: CardFormat[] = [];
  for (const format of new Set(formats)) {
    signal?.throwIfAborted();
    try {
      const one: ModelExport = await exportAs(student.trial.architecture, weights, {
        format,
        directory: `${folder}/${format}`,
        images,
        normalisation: { mean: data.mean, deviation: data.deviation },
      });
      log(
        `${format}: logits differ by at most ${formatDifference(one.maxDifference)} (${
          formatDifference(one.relativeDifference)
        } of the largest) on ${one.images} images, by ${one.checkedBy}`,
      );
      written.push({ ...one, files: one.files.map((file) => file.slice(folder.length + 1)) });
    } catch (error) {
      if (!(error instanceof ExportMismatchError)) throw error;
      log(`failed, left out: ${error.message}`);
      written.push({ format, failed: error.message });
    }
  }
  return written;
}

async function writePage(
  path: string,
  card: Card,
  { data, student, weights }: Parts,
  { bundleScript = bundlePageScript, signal }: ExportRunSettings,
): Promise<void> {
  const base64 = ({ buffer, byteLength, byteOffset }: Float32Array) =>
    new Uint8Array(buffer, byteOffset, byteLength).toBase64();
  const { dataset, deviation, mean } = data;
  const [script, wasm] = await Promise.all([
    bundleScript(signal),
    Deno.readFile(new URL("tfjs-backend-wasm-simd.wasm", tfjsWasmFolder)),
  ]);
  const { origin: _origin, ...architecture } = student.trial.architecture;
  const page = pageHtml({
    card,
    script,
    wasm,
    data: {
      architecture,
      weights: { parameters: base64(weights.parameters), statistics: base64(weights.statistics) },
      classNames: dataset.classNames,
      mean,
      deviation,
      samples: sampleImages(data),
    },
  });
  await writeWhole(path, page);
}

/**
 * Exports a student of a run as `options` say: formats, `card.json`, `README.md` and `index.html` in one folder, which
 * appears whole or not at all. A format that does not give the network's logits is left out and named in the result.
 * Throws a UsageError where there is no such run, student or kept weights, or where the run is of an earlier version, a
 * RunLockedError where it is in progress, an Error of one line where its data is not at hand or its store is damaged;
 * rejects with the signal's reason when aborted.
 */
export async function exportRun(options: ExportOptions, settings: ExportRunSettings): Promise<ExportResult> {
  const { log, now = new Date(), signal } = settings;
  const run = await requireRun(options.dataDir, options.run);
  const paths = runFolder(options.dataDir, run);
  // Neither goes on, nor is deleted, while it is read.
  using _lock = await lockRun(paths.folder, run);
  using store = openStore(paths.database, run);
  const student = chooseStudent(store, paths, options);
  const { role, number } = student.trial;
  const name = `${role === "search" ? "trial" : "baseline"}-${number}`;
  const out = options.out ?? `${options.dataDir}/exports/${run}-${name}`;
  await requireReplaceable(out);
  log(`${name} of run "${run}", weights of the ${student.weights === "final" ? "longer training" : "search"}`);
  const weights = await readWeights(student);
  const data = await openStudentData(store, options.dataDir, { log, signal });
  await startTfjs();
  const parts = { data, student, weights };
  const formats = options.format.length > 0 ? options.format : exportFormatSchema.options;
  const { card, files } = await writeWholeFolder(out, async (folder) => {
    const written = await writeFormats(folder, parts, { ...settings, formats });
    const recomputed = await recomputedAccuracy(student.trial.architecture, weights, { data, signal });
    const card = cardOf(store, { run, student, data, recomputed, formats: written, now });
    if (scoresOtherwise(card.accuracy)) {
      const [says, found] = [card.accuracy.validation, recomputed.accuracy].map(formatPercent);
      log(`Warning: it scores ${found} on ${recomputed.images} validation images, but ${says} in the run`);
    }
    await writeWhole(`${folder}/${exportFiles.text}`, cardMarkdown(card));
    await writePage(`${folder}/${exportFiles.page}`, card, parts, settings);
    signal?.throwIfAborted();
    const files = [
      ...written.flatMap((one) => "files" in one ? one.files : []),
      ...[exportFiles.text, exportFiles.page],
    ];
    const cardFile = await cardFileOf(card, { files, folder });
    await writeWhole(`${folder}/${exportFiles.card}`, `${JSON.stringify(cardFile, null, 2)}\n`);
    return { card, files: [...files, exportFiles.card] };
  });
  const differences = card.formats.flatMap((one) => "failed" in one ? [] : [one.maxDifference]);
  return {
    ...{ run, role, trial: number, weights: student.weights, out },
    accuracy: card.accuracy.validation,
    testAccuracy: card.accuracy.test,
    files: files.map((file) => `${out}/${file}`),
    maxDifference: differences.length > 0 ? Math.max(...differences) : null,
    formats: card.formats,
  };
}

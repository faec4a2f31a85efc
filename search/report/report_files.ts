// The files of `deno task report`: from runs in a data folder to a page and its figures.
import { UsageError } from "../../src/cli/usage_error.ts";
import { writeWhole } from "../../src/data/write_whole.ts";
import { contentHash } from "../../src/schemas/architecture.ts";
import { runFolder, runsFolder } from "../run_folder.ts";
import { standingOf } from "../standing.ts";
import { OutdatedRunError, RunStore } from "../store/run_store.ts";
import { comparisonFigures, renderComparison } from "./comparison/comparison.ts";
import { renderReport, reportFigures } from "./report.ts";
import type { ReportData } from "./report_data.ts";
import { isStandAloneSvg, standAloneSvg } from "./stand_alone.ts";
import { reportDataOf } from "./write_report.ts";

/** What `report` wrote. */
export interface ReportFiles {
  /** The page. */
  html: string;
  /** The figures that had something to draw, each an SVG file of its own. */
  figures: string[];
}

/** The runs of a data folder, by name. */
export function runNames(dataDir: string): string[] {
  try {
    return [...Deno.readDirSync(runsFolder(dataDir))].filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What a report of run `name` shows. Rejects with a UsageError where there is none, or one of an earlier version. */
export async function readReport(dataDir: string, name: string): Promise<ReportData> {
  const paths = runFolder(dataDir, name);
  const names = runNames(dataDir);
  if (!names.includes(name)) {
    throw new UsageError(`no run "${name}" in ${dataDir}; there are: ${names.join(", ") || "none"}`);
  }
  try {
    if (!(await Deno.stat(paths.database)).isFile) throw new Error("its database is no file");
    using store = new RunStore(paths.database, { readOnly: true });
    if (store.get("config") === undefined) throw new UsageError(`run "${name}" has not begun: it has no configuration`);
    return reportDataOf(store, name, standingOf(store, paths.folder));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof OutdatedRunError) throw new UsageError(error.message);
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`run "${name}" has no ${paths.database}`);
    throw new Error(`run "${name}" cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** UsageError where `file` cannot be written; asked before any work. */
export async function requireWritable(file: string): Promise<void> {
  const folder = file.slice(0, Math.max(0, file.lastIndexOf("/"))) || (file.startsWith("/") ? "/" : ".");
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".", suffix: ".part" }));
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

/** Where the page goes if nothing is said: into the run's folder, or, for several, beside the runs. */
export function defaultReportFile(dataDir: string, names: readonly string[]): string {
  if (names.length === 1) return runFolder(dataDir, names[0]).report;
  const joined = names.join("+");
  return `${dataDir}/reports/${joined.length <= 100 ? joined : contentHash(names).slice(0, 12)}.html`;
}

/** Writes the report of one run, or the comparison of several, to `file`, and its figures into a folder beside it. */
export async function writeReportFiles(reports: readonly ReportData[], file: string): Promise<ReportFiles> {
  const single = reports.length === 1 ? reports[0] : null;
  const folder = `${file.replace(/\.html$/, "")}-figures`;
  const figures = single ? reportFigures(single) : comparisonFigures(reports);
  const written: string[] = [];
  for (const figure of figures) {
    const svg = standAloneSvg(figure);
    if (svg === null) continue;
    const path = `${folder}/${figure.id}.svg`;
    await writeWhole(path, svg);
    written.push(path);
  }
  await removeOtherFigures(folder, written);
  await writeWhole(file, single ? renderReport(single) : renderComparison(reports));
  return { html: file, figures: written };
}

/** Removes the figures of an earlier report, which would be taken for today's; what others put there stays. */
async function removeOtherFigures(folder: string, written: readonly string[]): Promise<void> {
  if (written.length === 0 && !await isFolder(folder)) return;
  for await (const { isFile, name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (!isFile || !name.endsWith(".svg") || written.includes(path)) continue;
    if (isStandAloneSvg(await Deno.readTextFile(path))) await Deno.remove(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

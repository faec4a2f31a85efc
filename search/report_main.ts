// `deno task report`
import { exitCodes } from "../src/cli/interrupt_signal.ts";
import { parseOptions } from "../src/cli/options.ts";
import { runCommand } from "../src/cli/run_command.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { reportOptionsSchema } from "../src/schemas/report_options.ts";
import { defaultReportFile, readReport, requireWritable, runNames, writeReportFiles } from "./report/report_files.ts";

async function main(): Promise<number> {
  const options = parseOptions(reportOptionsSchema, Deno.args, {
    command: {
      name: "report",
      summary: "Writes the report of a run anew, or one page that compares several runs, with each figure as an SVG " +
        "file beside it. Works for runs in any state.",
      examples: [
        { call: "deno task report --run first", purpose: "the report of one run" },
        { call: "deno task report --run first --run second", purpose: "a comparison" },
      ],
    },
  });
  if (options === null) return exitCodes.done;
  const { dataDir, json, run } = options;
  if (run.length === 0) {
    const names = runNames(dataDir).join(", ") || "none";
    throw new UsageError(`--run is missing; allowed: the name of a run in ${dataDir}; there are: ${names}`);
  }
  const twice = run.find((name, index) => run.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--run names "${twice}" twice; allowed: each run once`);
  const file = options.out ?? defaultReportFile(dataDir, run);
  try {
    const reports = [];
    for (const name of run) reports.push(await readReport(dataDir, name));
    await requireWritable(file);
    const files = await writeReportFiles(reports, file);
    if (json) console.log(JSON.stringify(files));
    else console.log(`${files.html}\n${files.figures.length} figures beside it, each as an SVG file`);
    return exitCodes.done;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    console.error((error as Error).message);
    if (Deno.env.get("NACRE_DEBUG")) console.error(error);
    return exitCodes.failed;
  }
}

if (import.meta.main) await runCommand(main);

// Whether a latency that was measured in a browser can be trusted, and how far the usual way to measure can.
import * as z from "zod";
import { type Bench, commonOptions } from "./bench.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { openLab } from "./measurement/lab.ts";
import { openPieces } from "./measurement/pieces.ts";
import type { Line } from "./measurement/row.ts";
import { rowNames, rows } from "./measurement/table.ts";

const optionsSchema = z.strictObject({
  row: z.array(z.enum(rowNames)).default([]).meta({
    placeholder: rowNames.join("|"),
    defaultText: "all",
    description: "only these figures",
  }),
  loads: z.int().min(2).max(1000).default(10).meta({
    placeholder: "N",
    description: "fresh loads of the page behind a variation",
  }),
  sessions: z.int().min(1).max(1000).default(20).meta({
    placeholder: "N",
    description: "sessions behind a count",
  }),
  students: z.int().min(2).max(32).default(12).meta({ placeholder: "N", description: "students that are ranked" }),
  folder: z.string().min(1).default(".nacre/bench/measurement").meta({
    placeholder: "FOLDER",
    description: "keeps what was measured so far, so that a run that ended early goes on",
  }),
  fresh: z.boolean().default(false).meta({ description: "measure all anew" }),
  ...commonOptions,
});

export type MeasurementOptions = z.output<typeof optionsSchema>;

export interface MeasurementResult {
  lines: Line[];
  browser: string;
  machine: Machine;
}

async function run(options: MeasurementOptions): Promise<MeasurementResult> {
  const { folder, fresh } = options;
  const log = (line: string) => console.error(line);
  Deno.mkdirSync(folder, { recursive: true });
  const pieces = openPieces(`${folder}/pieces.json`, { fresh, log });
  const lab = await openLab(folder, log);
  try {
    const lines: Line[] = [];
    for (const name of options.row.length > 0 ? options.row : rowNames) {
      lines.push(...await rows[name]({ ...options, lab, pieces }));
    }
    return { lines, browser: lab.browser, machine: describeMachine() };
  } finally {
    await lab.close();
  }
}

/** How far latencies can be trusted that sessions measure in Chromium on tfjs-wasm, beside the usual way. */
export const bench: Bench<typeof optionsSchema> = {
  name: "measurement",
  summary: "How far latencies measured in a browser can be trusted, beside one warm-up and the mean of 50 runs.",
  options: optionsSchema,
  run,
};

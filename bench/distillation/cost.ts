// What a step costs by each method beside plain training: in turn, in one process, so that all meet the same machine; and how
// much memory it takes, each in a process of its own.
import { median } from "../measurement/statistics.ts";
import type { LineProcess } from "../line_process.ts";
import { rounded } from "../results.ts";
import { type ComparisonOptions, ensureTeachers, jobOf, prepareDatasets } from "./comparison.ts";
import { type Reply, replySchema } from "./job.ts";
import type { ComparedDataset } from "./plan.ts";
import { startWorker } from "./workers.ts";

export interface CostRow {
  dataset: string;
  pair: string;
  method: string;
  /** Median over the rounds of a step's mean time, the teacher's included; null where the method failed. */
  msPerStep: number | null;
  /** Median over the rounds of that by plain training's in the same round. */
  ratio: number | null;
  /** Most memory resident in a process that takes such steps, and what is more than plain training's. */
  peakMebibytes: number | null;
  moreMebibytes: number | null;
  reason?: string;
}

export interface CostOptions extends Omit<ComparisonOptions, "pairs"> {
  pairs: readonly string[];
  /** Rounds that count; one more goes before them. */
  rounds: number;
  /** Steps per method and round. */
  steps: number;
}

/** Costs of all rows on the first dataset, by pair. `none` must be among the rows. */
export async function measureCosts(options: CostOptions): Promise<CostRow[]> {
  const { log, pairs, recipe, rounds, rows, steps } = options;
  if (!rows.some(({ name }) => name === "none")) throw new RangeError("costs are told beside none, which is left out");
  const [dataset] = options.datasets;
  await Deno.mkdir(options.folder, { recursive: true });
  const prepared = await prepareDatasets({ ...options, datasets: [dataset] });
  const teachers = await ensureTeachers(prepared, options);
  const ask = async (worker: LineProcess, pair: string, row: ComparisonOptions["rows"][number]): Promise<Reply> => {
    const job = jobOf({ dataset, pair, row, seed: 1 }, { ...options, prepared, recipe, teachers });
    return replySchema.parse(await worker.ask({ ...job, type: "steps", steps }));
  };
  const all: CostRow[] = [];
  for (const pair of pairs) {
    const times = new Map<string, number[]>(rows.map(({ name }) => [name, []]));
    const reasons = new Map<string, string>();
    const worker = await startWorker();
    try {
      for (let round = 0; round <= rounds; round++) {
        log(`costs of ${pair}: round ${round} of ${rounds}${round === 0 ? ", which does not count" : ""}`);
        // There and back, so that a machine that slows down is unfair to nobody.
        for (const row of round % 2 === 0 ? rows : [...rows].reverse()) {
          if (reasons.has(row.name)) continue;
          const reply = await ask(worker, pair, row);
          if (reply.type === "failed") reasons.set(row.name, reply.reason);
          else if (reply.type === "timed" && round > 0) times.get(row.name)?.push(reply.msPerStep);
        }
      }
    } finally {
      await worker.close();
    }
    const peaks = new Map<string, number | null>();
    for (const row of rows) {
      if (reasons.has(row.name)) continue;
      const own = await startWorker();
      try {
        await ask(own, pair, row);
        peaks.set(row.name, own.peakMebibytes());
      } finally {
        await own.close();
      }
    }
    all.push(...rows.map(({ name }) => costRow(name, { dataset, pair, times, peaks, reasons })));
  }
  return all;
}

function costRow(method: string, { dataset, pair, times, peaks, reasons }: {
  dataset: ComparedDataset;
  pair: string;
  times: ReadonlyMap<string, number[]>;
  peaks: ReadonlyMap<string, number | null>;
  reasons: ReadonlyMap<string, string>;
}): CostRow {
  const own = times.get(method) ?? [];
  const plain = times.get("none") ?? [];
  const [peak, plainPeak] = [peaks.get(method) ?? null, peaks.get("none") ?? null];
  const reason = reasons.get(method);
  const known = reason === undefined && own.length > 0;
  return {
    dataset,
    pair,
    method,
    msPerStep: known ? rounded(median(own)) : null,
    ratio: known ? rounded(median(own.map((time, round) => time / plain[round]))) : null,
    peakMebibytes: peak,
    moreMebibytes: peak === null || plainPeak === null ? null : peak - plainPeak,
    ...(reason !== undefined && { reason }),
  };
}

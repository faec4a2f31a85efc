// What the papers say of search and distillation, measured on this machine: see bench/claims.
import * as z from "zod";
import { countMultiplyAdds } from "../src/ops/layout.ts";
import { suggest } from "../src/cli/suggest.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { completeControllerOptions } from "../search/controllers/table.ts";
import { createMnasSpace } from "../src/spaces/mnas.ts";
import { type Bench, commonOptions } from "./bench.ts";
import type { Claim, Figure, Judgement } from "./claims/claim.ts";
import { type NoiseBlock, noiseFloor, noiseFloorOf } from "./claims/claims/noise_floor.ts";
import { Laboratory } from "./claims/laboratory.ts";
import { openCalibration } from "./claims/calibration.ts";
import { Latencies } from "./claims/latencies.ts";
import { type ClaimsReport, markdownOf } from "./claims/markdown.ts";
import {
  finalNumbers,
  growthNumbers,
  kdOptions,
  proxyNumbers,
  teacherNumbers,
  validationImages,
} from "./claims/recipe.ts";
import { runBlocks } from "./claims/run_blocks.ts";
import { claims } from "./claims/table.ts";
import { foresightOf, settingOf } from "./claims/setting.ts";
import { ruleInWords } from "./claims/verdict.ts";
import { WorkerPool } from "./claims/worker_pool.ts";
import { lockFolder } from "./distillation/folder_lock.ts";
import { describeMachine } from "./machine.ts";
import { saveText } from "./results.ts";

const dataset = "fashion-mnist";
const names = claims.map(({ name }) => name);

const optionsSchema = z.strictObject({
  claim: z.array(z.string().min(1)).default([]).meta({
    placeholder: "NAME",
    defaultText: "all",
    description: `only these: ${names.join(", ")}`,
  }),
  seeds: z.int().min(1).max(100).default(3).meta({ placeholder: "N", description: "of each search and training" }),
  trials: z.int().min(2).max(10_000).default(100).meta({ placeholder: "N", description: "trials of each search" }),
  budget: z.number().positive().max(100_000).optional().meta({
    placeholder: "MINUTES",
    defaultText: "as long as it takes",
    description:
      "no training, and no measuring for calibration, is begun after so long; the same command goes on from there. The " +
      "latencies of winners are measured on top, about 2 s each",
  }),
  workers: z.int().min(1).max(64).default(2).meta({
    placeholder: "N",
    description: "trainings at the same time, a process each",
  }),
  calibration: z.int().min(16).max(1000).default(100).meta({
    placeholder: "N",
    description: "students whose latency is measured at first, alone; those of all others are foreseen from them",
  }),
  folder: z.string().min(1).default(".nacre/bench/claims").meta({
    placeholder: "FOLDER",
    description: "keeps every result as soon as it is there",
  }),
  ...commonOptions,
});

export type ClaimsOptions = z.output<typeof optionsSchema>;

function chosenClaims(wanted: readonly string[]): typeof claims {
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--claim is ${unknown}; allowed: ${names.join(", ")}${suggest(unknown, names)}`);
  }
  return claims.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
}

/** Writes text and figures to bench/results. */
function saveReport(report: ClaimsReport, svgs: ReadonlyMap<string, string>): void {
  for (const [file, svg] of svgs) console.error(`saved ${saveText(file, svg)}`);
  console.error(`saved ${saveText(`claims-${report.date.slice(0, 10)}.md`, markdownOf(report))}`);
}

async function run(options: ClaimsOptions): Promise<object> {
  const { budget = Infinity, folder, seeds, trials, workers } = options;
  const chosen = chosenClaims(options.claim);
  using _lock = await lockFolder(folder);
  const log = (line: string) => console.error(line);
  const started = performance.now();
  const minutes = () => (performance.now() - started) / 60_000;
  const goOn = () => minutes() < budget;

  const latencies = new Latencies({ folder, log });
  const io = { height: 28, width: 28, channels: 1, classes: 10 };
  const reference = createMnasSpace(io).reference(1);
  const calibration = await openCalibration(folder, { goOn, io, latencies, students: options.calibration });
  const { error, foresee, referenceMs, targets } = calibration;

  const pool = new WorkerPool(workers, goOn);
  try {
    const lab = new Laboratory({
      folder,
      pool,
      goOn,
      log: (line) => log(`${minutes().toFixed(1)} min: ${line}`),
      latencyMs: foresee,
    });
    const measured = await runBlocks(chosen, {
      lab,
      seeds,
      trials,
      referenceMs,
      targetMs: calibration.targetMs,
      dataset,
      searches: new Map(),
      log: (line) => log(`${minutes().toFixed(1)} min: ${line}`),
    });
    await pool.close();
    const reported = measured.flatMap(({ claim, blocks }) => blocks.flatMap((block) => claim.reported?.(block) ?? []));
    await latencies.measure(reported);
    await latencies.measureOutliersAgain(reported, { foresee, error });
    const foresight = foresightOf(reported, {
      calibration: calibration.measured.map(({ architecture }) => architecture),
      measuredMs: (one) => latencies.of(one)?.latencyMs,
      foresee,
    });
    const judgements = measured.map(({ claim, blocks }): Judgement & { claim: Claim; seeds: number } => ({
      claim,
      seeds: blocks.length,
      ...(blocks.length === 0 ? { findings: [] } : claim.judge(blocks, {
        measuredMs: (one) => latencies.of(one)?.latencyMs,
        calibration: calibration.measured.map(({ architecture, latencyMs }) => ({
          multiplyAdds: countMultiplyAdds(architecture),
          latencyMs,
        })),
      })),
    }));
    const noiseBlocks = measured.find(({ claim }) => claim.name === noiseFloor.name)?.blocks ?? [];
    const noise = noiseFloorOf(noiseBlocks as NoiseBlock[]);
    const machine = describeMachine();
    const { begun, seconds, used } = lab.counts;
    if (options.save) {
      const date = new Date().toISOString();
      const day = date.slice(0, 10);
      const fileOf = ({ name }: Figure) => `claims-${name}-${day}.svg`;
      const svgs = new Map(
        judgements.flatMap(({ figures = [] }) => figures.map((figure) => [fileOf(figure), figure.svg])),
      );
      saveReport({
        date,
        machine: `${machine.processor}, ${machine.cores} cores, Deno ${machine.deno}`,
        noise,
        setting: settingOf({
          dataset,
          foresight,
          referenceMs,
          targets,
          trials,
          calibration: calibration.measured.length,
          trainings: used,
          codes: lab.codes(),
        }),
        failures: measured.flatMap(({ claim, failure }) => failure === undefined ? [] : [`${claim.name}, ${failure}`]),
        sections: judgements.map(({ claim: { name, summary }, figures = [], tables = [], ...rest }) => ({
          ...rest,
          name,
          summary,
          tables,
          figures: figures.map((figure) => ({ caption: figure.caption, file: fileOf(figure) })),
        })),
      }, svgs);
    }
    return {
      findings: judgements.flatMap(({ claim, findings }) =>
        findings.map((finding) => ({ section: claim.name, ...finding }))
      ),
      ...Object.fromEntries(judgements.flatMap(({ tables = [] }) => tables.map(({ rows, title }) => [title, rows]))),
      failures: measured.flatMap(({ claim: { name }, failure }) =>
        failure === undefined ? [] : [{ claim: name, failure }]
      ),
      noise,
      rule: ruleInWords,
      seeds: Object.fromEntries(judgements.map(({ claim, seeds }) => [claim.name, seeds])),
      trials,
      foresight,
      controllers: Object.fromEntries(
        (["ppo", "reinforce", "random"] as const).map((name) => [name, completeControllerOptions(name)]),
      ),
      referenceMs,
      referenceMultiplyAdds: countMultiplyAdds(reference),
      recipe: {
        dataset,
        validationImages,
        proxy: proxyNumbers,
        final: finalNumbers,
        teacher: teacherNumbers,
        growth: growthNumbers,
        kd: kdOptions,
      },
      targets,
      trainings: used,
      begun,
      trainingSeconds: Math.round(seconds),
      codes: lab.codes(),
      minutes: Math.round(minutes() * 10) / 10,
      machine,
    };
  } finally {
    await pool.close();
  }
}

/** The papers' claims on search and distillation; see bench/claims. */
export const bench: Bench<typeof optionsSchema> = {
  name: "claims",
  summary:
    "What the papers say of search and distillation, H1 to H17: measured with seeds, intervals and a noise floor.",
  options: optionsSchema,
  run,
};

// What all searches of a folder foresee latencies by, and their targets: made once, before the first of them, and kept.
import * as z from "zod";
import { writeWhole } from "../../src/data/write_whole.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { createMnasSpace } from "../../src/spaces/mnas.ts";
import type { SpaceOptions } from "../../src/spaces/space.ts";
import { latencyTableSchema } from "../../search/latency/latency_table.ts";
import { LatencyPredictor } from "../../search/latency/predictor.ts";
import { targetShares } from "./claim.ts";
import { drawStudents } from "./drawn_students.ts";
import { calibrationStudents, foresightError, type Latencies } from "./latencies.ts";
import { quantile } from "./statistics.ts";

/** Students whose foreseen latencies targets are quantiles of. */
export const targetStudents = 1000;

const calibrationSchema = z.strictObject({
  /** As asked for. */
  students: z.int(),
  /** What the reference network takes, foreseen as all others. */
  referenceMs: z.number().positive(),
  targets: z.array(z.strictObject({ share: z.number(), latencyMs: z.number().positive() })),
  table: latencyTableSchema,
});

export interface Calibration extends Pick<z.infer<typeof calibrationSchema>, "referenceMs" | "targets"> {
  /** The students that were measured. */
  measured: readonly { architecture: Architecture; latencyMs: number }[];
  /** Foreseen latency of any network: the one scale of targets, searches and comparisons. */
  foresee(architecture: Architecture): number;
  /** Of what is foreseen of the measured students; see {@linkcode foresightError}. */
  error: number;
  /** Of the target that so large a share of evenly drawn students keeps. */
  targetMs(share: number): number;
}

/** Targets and the reference's latency, all foreseen: no one measurement weighs more in them than in the others. */
export function targetsBy(
  foresee: (architecture: Architecture) => number,
  io: SpaceOptions,
): Pick<Calibration, "referenceMs" | "targets"> {
  const space = createMnasSpace(io);
  const drawn = drawStudents(space, { count: targetStudents, name: "targets" }).map(foresee);
  return {
    referenceMs: foresee(space.reference(1)),
    targets: targetShares.map((share) => ({ share, latencyMs: quantile(drawn, share) })),
  };
}

/**
 * The calibration of the folder, measured now where there is none. Error where it was made with another number of
 * students, or for other targets, or where too few could be measured, or where `goOn` said no before all were: the next
 * call measures the others. `latencies` keep to its machine from then on.
 */
export async function openCalibration(
  folder: string,
  { goOn, io, latencies, students }: {
    goOn?: () => boolean;
    io: SpaceOptions;
    latencies: Latencies;
    students: number;
  },
): Promise<Calibration> {
  const path = `${folder}/calibration.json`;
  const kept = readCalibration(path) ?? await calibrate();
  const made = kept.targets.map(({ share }) => share).join(" and ");
  if (kept.students !== students || made !== targetShares.join(" and ")) {
    throw new Error(
      `${path} is of ${kept.students} students and targets ${made}, not of ${students} and ` +
        `${targetShares.join(" and ")}: choose another --folder`,
    );
  }
  const { referenceMs, table, targets } = kept;
  latencies.keepTo(table);
  const predictor = new LatencyPredictor({ device: table.device, runtime: table.runtime, backend: table.backend });
  predictor.restore(table);
  const foreseen = new Map<string, number>();
  const foresee = (architecture: Architecture) => {
    const hash = architectureHash(architecture);
    const known = foreseen.get(hash) ?? predictor.predict(architecture).latencyMs;
    foreseen.set(hash, known);
    return known;
  };
  return {
    referenceMs,
    targets,
    measured: table.observations,
    foresee,
    error: foresightError(table.observations, foresee),
    targetMs(share) {
      const target = targets.find((one) => one.share === share);
      if (!target) throw new RangeError(`there is no target of the share ${share}`);
      return target.latencyMs;
    },
  };

  async function calibrate(): Promise<z.infer<typeof calibrationSchema>> {
    const chosen = calibrationStudents(io, students);
    if (!await latencies.measure(chosen, goOn)) brokenOff(chosen);
    const first = latencies.predictor(chosen);
    const foreseeFirst = (one: Architecture) => first.predict(one).latencyMs;
    const error = foresightError(first.snapshot().observations, foreseeFirst);
    if (!await latencies.measureOutliersAgain(chosen, { foresee: foreseeFirst, error, goOn })) brokenOff(chosen);
    const predictor = latencies.predictor(chosen);
    const calibration = {
      students,
      ...targetsBy((one) => predictor.predict(one).latencyMs, io),
      table: predictor.snapshot(),
    };
    await writeWhole(path, JSON.stringify(calibration));
    return calibration;
  }

  function brokenOff(chosen: readonly Architecture[]): never {
    const left = latencies.missing(chosen).length;
    throw new Error(
      `the budget ended while students were measured for calibration, before any training: ` +
        `${left > 0 ? `${left} of ${students} are left` : "some are left to be measured again"}; ` +
        "the same command goes on from there",
    );
  }
}

function readCalibration(path: string): z.infer<typeof calibrationSchema> | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return calibrationSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} is not a calibration of this benchmark`);
  }
}

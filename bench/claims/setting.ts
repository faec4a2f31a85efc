// How the claims were measured, in words for the report.
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { targetFactors } from "./claim.ts";
import { finalNumbers, proxyNumbers, teacherNumbers, validationImages } from "./recipe.ts";
import { percent } from "./rows.ts";
import { quantile } from "./statistics.ts";

/** How foreseen latencies agree with measured ones, shares; over networks that calibration did not see. */
export interface Foresight {
  networks: number;
  withinTenPercent: number;
  medianDifference: number;
}

/** See {@linkcode Foresight}. */
export function foresightOf(
  architectures: readonly Architecture[],
  { calibration, foresee, measuredMs }: {
    calibration: readonly Architecture[];
    measuredMs: (architecture: Architecture) => number | undefined;
    foresee: (architecture: Architecture) => number;
  },
): Foresight {
  const different = new Map(architectures.map((architecture) => [architectureHash(architecture), architecture]));
  for (const architecture of calibration) different.delete(architectureHash(architecture));
  const differences = [...different.values()].flatMap((architecture) => {
    const latencyMs = measuredMs(architecture);
    return latencyMs === undefined ? [] : [Math.abs(foresee(architecture) / latencyMs - 1)];
  });
  if (differences.length === 0) return { networks: 0, withinTenPercent: 0, medianDifference: 0 };
  return {
    networks: differences.length,
    withinTenPercent: differences.filter((difference) => difference <= 0.1).length / differences.length,
    medianDifference: quantile(differences, 0.5),
  };
}

/** How it was measured, in sentences. */
export function settingOf({ calibration, codes, dataset, foresight, referenceMs, trainings, trials }: {
  dataset: string;
  foresight: Foresight;
  referenceMs: number;
  trials: number;
  calibration: number;
  trainings: number;
  codes: readonly { code: string; trainings: number }[];
}): string[] {
  const { epochs, trainImages } = proxyNumbers;
  const made = codes.map((one) => `${one.code} (${one.trainings})`).join(", ");
  return [
    `${trainings} trainings on ${dataset}. A sampled student sees ${trainImages} images ${epochs} time(s) and is judged by ` +
    `${validationImages} validation images; a final one sees ${finalNumbers.trainImages} images ${finalNumbers.epochs} ` +
    `times, and the test part is read once per training; a teacher ${teacherNumbers.trainImages} images ` +
    `${teacherNumbers.epochs} times. A search has ${trials} trials; targets are ${
      targetFactors.join(" and ")
    } of what the ` +
    `reference network takes, ${referenceMs.toFixed(3)} ms. "kd" is plain distillation at its defaults.`,
    `Latencies within searches are foreseen from ${calibration} students that were measured alone on this machine; those ` +
    `in tables of winners were measured. Of ${foresight.networks} networks that were reported, so measured, the foreseen ` +
    `latency was within 10 % of the measured one for ${percent(foresight.withinTenPercent)} %; median difference ` +
    `${percent(foresight.medianDifference)} %.`,
    "All seeds share one split, one reference and one set of teachers: intervals say nothing of other data. Values of one " +
    "seed at two targets count as independent: their searches share no seed.",
    `State of the code by trainings: ${made}.`,
  ];
}

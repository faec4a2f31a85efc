// How the claims were measured, in words for the report.
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { targetStudents } from "./calibration.ts";
import { finalNumbers, kdOptions, proxyNumbers, teacherNumbers, validationImages } from "./recipe.ts";
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
export function settingOf({ calibration, codes, dataset, foresight, referenceMs, targets, trainings, trials }: {
  dataset: string;
  foresight: Foresight;
  referenceMs: number;
  targets: readonly { share: number; latencyMs: number }[];
  trials: number;
  calibration: number;
  trainings: number;
  codes: readonly { code: string; trainings: number }[];
}): string[] {
  const { epochs, trainImages } = proxyNumbers;
  const made = codes.map((one) => `${one.code} (${one.trainings})`).join(", ");
  const goals = targets.map(({ latencyMs, share }) => `${share}, ${latencyMs.toFixed(3)} ms`).join(", and ");
  const agreement = foresight.networks === 0
    ? "No network of those was reported, so none was measured."
    : `Of ${foresight.networks} networks that were reported, so measured, the foreseen latency was within 10 % of the ` +
      `measured one for ${percent(foresight.withinTenPercent)} %; median difference ` +
      `${percent(foresight.medianDifference)} %.`;
  return [
    `${trainings} trainings on ${dataset}. A sampled student sees ${trainImages} images ${epochs} time(s) and is judged by ` +
    `${validationImages} validation images; a final one sees ${finalNumbers.trainImages} images ${finalNumbers.epochs} ` +
    `times, and the test part is read once per training; a teacher ${teacherNumbers.trainImages} images ` +
    `${teacherNumbers.epochs} times. A search has ${trials} trials; its winners are the students of the best reward among ` +
    "those that are foreseen to keep its target.",
    `A target has the name of the share of ${targetStudents} evenly drawn students that are foreseen to keep it: ${goals}; ` +
    `the reference network is foreseen to take ${
      referenceMs.toFixed(3)
    } ms. Targets, searches and networks to compare ` +
    "with share one scale of foreseen latencies.",
    `"kd" is plain distillation at temperature ${kdOptions.temperature}, labels with a weight of ${kdOptions.alpha}. The ` +
    "short training's learning rate and this temperature were chosen by a pilot on validation accuracy, over students " +
    "taught by distillation; training from labels was not tuned apart, so comparisons of the two favour distillation.",
    `Latencies within searches are foreseen from ${calibration} students that were measured alone on this machine; those ` +
    "in tables of winners were measured. What was measured far from what is foreseen was measured a second time, which " +
    "counts. " + agreement,
    "Grown networks start from the trained backbone within searches; final trainings start afresh, as those of the fixed " +
    "networks beside them.",
    "All seeds share one split, one calibration and one set of teachers: intervals say nothing of other data. Values of one " +
    "seed at two targets count as independent: their searches share no seed.",
    trainings === 0 ? "Nothing was trained." : `State of the code by trainings: ${made}.`,
  ];
}

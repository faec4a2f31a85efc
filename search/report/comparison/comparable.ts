// Whether results of several runs can stand side by side, and if not, what differs. Numbers count, not how they were
// asked for: the default exponents of a form are those same exponents given.
import { DEFAULT_ABSOLUTE_WEIGHT, formExponents } from "../../reward.ts";
import type { ReportData, ReportDevice } from "../report_data.ts";
import type { ComparedRun } from "./compared_run.ts";

/** What has to agree for results to compare: in words, and how a run tells it; null where it does not know or count. */
type Circumstance = readonly [words: string, of: (data: ReportData) => string | null];

const CIRCUMSTANCES: readonly Circumstance[] = [
  ["devices", ({ devices }) => devices.map(({ description }) => description).join("\n") || null],
  ["runtimes", ({ devices }) => devices.map(({ runtime }) => runtime).join("\n") || null],
  ["measuring protocols", protocolsOf],
  ["data", ({ dataHash }) => dataHash],
  ["splits of the data", ({ split }) => `${split.dataSeed} ${split.validationImages}`],
];

/** Latency and accuracy of several devices become one number by these, for rewards and latencies alike. */
const COMBINATION: readonly Circumstance[] = [
  ["ways to combine devices", (data) => {
    if (staying(data).length < 2) return null;
    return data.reward.combine === "worst" ? "worst" : "mean by weight";
  }],
  ["weights of devices", (data) => {
    const devices = staying(data);
    const { combine } = data.reward;
    if (devices.length < 2 || combine === "worst") return null;
    const weights = devices.map(({ weight }) => combine === "mean" ? 1 : weight);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // Shares of one ratio agree but for their last digits.
    return weights.map((weight) => (weight / total).toPrecision(9)).join(" ");
  }],
];

/** Hard and soft are one form, a power of the ratio of latency to target, and differ in its exponents alone. */
const REWARDS: readonly Circumstance[] = [
  ["reward forms", ({ reward }) => reward.form === "absolute" ? "absolute" : "power"],
  ["exponents", ({ reward: { exponents, form } }) => {
    if (form === "absolute") return null;
    return (exponents ?? formExponents[form]).join(" ");
  }],
  [
    "absolute weights",
    ({ reward: { absoluteWeight, form } }) =>
      form === "absolute" ? String(absoluteWeight ?? DEFAULT_ABSOLUTE_WEIGHT) : null,
  ],
];

/**
 * The reference network is timed anew in each run whose target it gives, so such targets never agree to the last digit:
 * within this share of one another they are the same target.
 */
const SAME_REFERENCE = 0.05;

function staying({ devices }: ReportData): readonly ReportDevice[] {
  return devices.filter(({ left }) => left === null);
}

function protocolsOf({ trials }: ReportData): string | null {
  const protocols = new Set(trials.flatMap(({ measurements }) => measurements.map(({ protocol }) => protocol)));
  return [...protocols].sort().join("\n") || null;
}

function targetsAgree(runs: readonly ReportData[]): boolean {
  const [first, ...others] = runs.map(staying).filter((devices) => devices.length > 0);
  return others.every((devices) =>
    devices.length === first.length && devices.every(({ targetGiven, targetMs }, i) => {
      const other = first[i];
      return targetMs === other.targetMs ||
        !targetGiven && !other.targetGiven && Math.abs(Math.log(targetMs / other.targetMs)) < SAME_REFERENCE;
    })
  );
}

function differing(circumstances: readonly Circumstance[], reports: readonly ReportData[]): string[] {
  return circumstances.filter(([, of]) => new Set(reports.map(of).filter((value) => value !== null)).size > 1)
    .map(([words]) => words);
}

function inWords(differing: readonly string[]): string | null {
  if (differing.length === 0) return null;
  const last = differing.at(-1);
  return `different ${differing.length > 1 ? `${differing.slice(0, -1).join(", ")} and ${last}` : last}`;
}

/** In what the runs differ so that their results do not compare, for instance "different data"; null where they do. */
export function whyIncomparable(runs: readonly ComparedRun[]): string | null {
  const reports = runs.map(({ data }) => data);
  // The latency of several devices is a mean or worst of shares of their targets.
  const mixed = reports.some((data) => staying(data).length > 1);
  return inWords([
    ...differing(CIRCUMSTANCES, reports),
    ...mixed ? [...differing(COMBINATION, reports), ...targetsAgree(reports) ? [] : ["targets"]] : [],
  ]);
}

/** In what the runs differ so that their rewards have no common scale; null where they have one. */
export function whyOtherRewards(runs: readonly ComparedRun[]): string | null {
  const reports = runs.map(({ data }) => data);
  if (reports.every(({ reward }) => reward.isAccuracyAlone)) return null;
  return inWords([
    ...differing(REWARDS, reports),
    ...differing(COMBINATION, reports),
    ...targetsAgree(reports.filter(({ reward }) => !reward.isAccuracyAlone)) ? [] : ["targets"],
  ]);
}

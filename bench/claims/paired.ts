// Differences between arms of equal seeds and targets, as one number with an interval.
import type { Architecture } from "../../src/schemas/architecture.ts";
import { type Interval, mean as meanOf, stratifiedInterval } from "../distillation/statistics.ts";
import { type Finding, targetShares } from "./claim.ts";
import { type Expectation, verdictAtLatency, verdictOf } from "./verdict.ts";

/** A value of one seed at one target. */
export interface PairedValue {
  /** What makes a stratum: the target. */
  stratum: string | number;
  value: number;
}

function strataOf(values: readonly PairedValue[]): Map<string | number, number[]> {
  const strata = new Map<string | number, number[]>();
  for (const { stratum, value } of values) strata.set(stratum, [...(strata.get(stratum) ?? []), value]);
  return strata;
}

/** Mean of the strata's means with its 95 % interval. */
function intervalOf(values: readonly PairedValue[]): Interval {
  return stratifiedInterval([...strataOf(values).values()]);
}

export interface FindingText {
  id: string;
  claimed: string;
  measured: string;
  unit: string;
  note?: string;
}

/** How many seeds the stratum of the fewest has. */
function seedsOf(values: readonly PairedValue[]): number {
  return Math.min(...[...strataOf(values).values()].map(({ length }) => length));
}

/** A finding from values, one per seed and stratum. `scale` turns them into the unit: 100 for points of accuracy. */
export function findingFrom(
  text: FindingText,
  values: readonly PairedValue[],
  { scale = 1, ...expectation }: Expectation & { scale?: number },
): Finding {
  const { high, low, mean } = intervalOf(values.map(({ stratum, value }) => ({ stratum, value: value * scale })));
  return findingOf(text, { mean, low, high }, { n: values.length, seeds: seedsOf(values) }, expectation);
}

/** What two arms ended with at one target with one seed. */
export interface Compared {
  share: number;
  /** Of the arm that is claimed to be better minus that of the other, as a share. */
  difference: number;
  /** The networks compared: of the one claimed to be better, and of the other. */
  better: readonly Architecture[];
  other: readonly Architecture[];
}

/**
 * A finding on test accuracy at equal targets, in points, with the really measured latencies beside it; see
 * {@linkcode verdictAtLatency}. Not decided where a target has no pair.
 */
export function findingAtTargets(
  text: Omit<FindingText, "unit">,
  pairs: readonly Compared[],
  { above = 0, measuredMs }: { above?: number; measuredMs: (architecture: Architecture) => number | undefined },
): Finding {
  const expectation = { above, worth: 0.5 };
  const inPoints = { ...text, unit: "points" };
  if (pairs.length === 0) {
    const none = findingOf(inPoints, { mean: 0, low: null, high: null }, { n: 0, seeds: 0 }, expectation);
    return { ...none, value: null, note: "nothing to compare at any target" };
  }
  const finding = findingFrom(
    inPoints,
    pairs.map(({ difference, share }) => ({ stratum: share, value: difference })),
    { scale: 100, ...expectation },
  );
  const ratios = pairs.map(({ better, other, share }) => {
    const [own, others] = [better, other].map((networks) => {
      const latencies = networks.flatMap((network) => measuredMs(network) ?? []);
      return latencies.length < networks.length ? null : meanOf(latencies);
    });
    return own === null || others === null ? [] : [{ stratum: share, value: own / others - 1 }];
  }).flat();
  const extras = ratios.length < pairs.length
    ? null
    : [...strataOf(ratios)].map(([target, shares]) => ({ target, extra: meanOf(shares) }));
  const missing = targetShares.filter((share) => !pairs.some((pair) => pair.share === share));
  const notes = [
    ...(text.note === undefined ? [] : [text.note]),
    extras === null
      ? "measured latencies are missing"
      : `measured latency against the other's: ${
        extras.map(({ extra, target }) => `${signedPercent(extra)} at the target ${target}`).join(", ")
      }`,
    ...(missing.length === 0 ? [] : [`nothing to compare at the target ${missing.join(" and ")}`]),
  ];
  return {
    ...finding,
    note: notes.join("; "),
    verdict: missing.length > 0
      ? "not decided"
      : verdictAtLatency(finding.verdict, extras?.map(({ extra }) => extra) ?? null),
  };
}

function signedPercent(share: number): string {
  return `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)} %`;
}

/** A finding from an interval over `n` values of so many seeds. */
export function findingOf(
  text: FindingText,
  interval: Interval,
  { n, seeds }: { n: number; seeds: number },
  expectation: Expectation,
): Finding {
  const { above, worth } = expectation;
  const unit = text.unit === "" ? "" : ` ${text.unit}`;
  return {
    ...text,
    value: interval.mean,
    low: interval.low,
    high: interval.high,
    n,
    verdict: verdictOf(interval, seeds, expectation),
    rule: `above ${above}${unit}, least difference worth having ${worth}${unit}`,
  };
}

// Axes that stay sensible with one point, or with points that are all equal.
import type * as Plot from "@observablehq/plot";
import { isNarrow } from "./figure.ts";

/** Lowest and highest of `values` with some air around them; a single value gets a tenth of itself on either side. */
export function paddedDomain(
  values: readonly number[],
  limits: { low?: number; high?: number } = {},
): [number, number] {
  if (values.length === 0) throw new RangeError("paddedDomain: at least one value is needed, got none");
  const { low = -Infinity, high = Infinity } = limits;
  const lowest = values.reduce((a, b) => Math.min(a, b));
  const highest = values.reduce((a, b) => Math.max(a, b));
  const air = highest > lowest ? (highest - lowest) * 0.06 : Math.abs(highest) * 0.1 || 0.1;
  return [Math.max(low, lowest - air), Math.min(high, highest + air)];
}

/** A share from 0 to 1 as the label of a tick: "70 %", "72.5 %". */
export function formatPercentTick(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

/** The axis of latencies. */
export function latencyAxis(
  domain: readonly [number, number],
  widthPx: number,
  unit: "ms" | "ms combined" = "ms",
): Plot.ScaleOptions {
  return { domain, label: `latency, ${unit}`, labelArrow: "none", ticks: latencyTicks(widthPx) };
}

/** About how many latencies an axis of this width has room for. */
export function latencyTicks(widthPx: number): number {
  return isNarrow(widthPx) ? 5 : 9;
}

/** The axis of accuracies, shares from 0 to 1. */
export function accuracyAxis(domain: readonly [number, number], ticks: number): Plot.ScaleOptions {
  return {
    domain,
    label: "accuracy on the validation split",
    labelArrow: "none",
    tickFormat: formatPercentTick,
    ticks,
  };
}

/** The axis of trials 1 to `last`. */
export function trialAxis(last: number, widthPx: number): Plot.ScaleOptions {
  return {
    domain: [0.5, last + 0.5],
    label: "trial",
    labelArrow: "none",
    ticks: Math.min(last, isNarrow(widthPx) ? 5 : 12),
    tickFormat: (n: number) => Number.isInteger(n) ? String(n) : "",
  };
}

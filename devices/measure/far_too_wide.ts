import type { Measurement } from "../../src/schemas/measurement.ts";
import { profiles } from "../protocol/profiles.ts";

const timesTooWide = 3;

/** Half the width of the 95 % interval of the ratio, in ln. */
export function halfWidthOf({ ratioHigh, ratioLow }: Pick<Measurement, "ratioHigh" | "ratioLow">): number {
  return Math.log(ratioHigh / ratioLow) / 2;
}

/**
 * Whether the interval is over three times as wide as the profile allows. In a session of several models that is mostly
 * since a slow one left the others few rounds: alone it is worth another try.
 */
export function isFarTooWide(measurement: Pick<Measurement, "profile" | "ratioHigh" | "ratioLow">): boolean {
  return halfWidthOf(measurement) > timesTooWide * profiles[measurement.profile].widestHalfWidth;
}

/** Of two measurements of one model the one to go by: the valid one, else the one with the narrower interval. */
export function narrower(first: Measurement, second: Measurement): Measurement {
  if (first.valid !== second.valid) return first.valid ? first : second;
  return halfWidthOf(second) < halfWidthOf(first) ? second : first;
}

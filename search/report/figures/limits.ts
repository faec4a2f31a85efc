// Limits as lines of a figure.
import { COLOURS } from "../palette.ts";

/** How the line of a hard limit looks: unlike the target's, dashed. */
export const LIMIT_RULE = {
  stroke: COLOURS.baseline,
  strokeWidth: 1.5,
  strokeDasharray: "4 3",
  className: "limit",
} as const;

/** The value in a list, or an empty one where it is undefined. */
export function definedOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

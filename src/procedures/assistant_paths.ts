// Which assistants stand between teacher and student, and in which order they may be passed.
import { scaleWidth } from "../models/width.ts";
import { countParameters } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";

/** All ways from teacher to student over `n` assistants: the `2 ** n` subsets in order, the direct way first. */
export function pathsOver<T>(assistants: readonly T[]): T[][] {
  return Array.from(
    { length: 2 ** assistants.length },
    (_, mask) => assistants.filter((_, index) => Math.floor(mask / 2 ** index) % 2 === 1),
  );
}

// A grid, so that students of about one size share their assistants.
const gridSteps = {
  narrowing: Array.from({ length: 7 }, (_, index) => (7 - index) / 8),
  widening: [4, 3, 2.5, 2, 1.5],
};

/**
 * Widths of up to `count` assistants of the form `architecture`, whose numbers of parameters divide the way from
 * `teacherParameters` to `studentParameters`, in this order, into equal ratios; taken from a grid of eighths below 1,
 * coarser above. Fewer where teacher and student are too near for so many.
 */
export function automaticWidths(
  architecture: Architecture,
  { count, studentParameters, teacherParameters }: {
    count: number;
    studentParameters: number;
    teacherParameters: number;
  },
): number[] {
  const grid = [...gridSteps.widening, ...gridSteps.narrowing].map((width) => ({
    width,
    logSize: Math.log(countParameters(scaleWidth(architecture, width))),
  }));
  const [from, to] = [Math.log(teacherParameters), Math.log(studentParameters)];
  const between = grid.filter(({ logSize }) => logSize < Math.max(from, to) && logSize > Math.min(from, to));
  if (between.length === 0) return [];
  const widths = Array.from({ length: count }, (_, index) => {
    const wanted = from + (to - from) * (index + 1) / (count + 1);
    const distance = ({ logSize }: { logSize: number }) => Math.abs(logSize - wanted);
    return between.reduce((best, one) => distance(one) < distance(best) ? one : best).width;
  });
  return [...new Set(widths)].sort((a, b) => to < from ? b - a : a - b);
}

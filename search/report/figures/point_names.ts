// Names beside points of a figure, as many as there is room for.
import * as Plot from "@observablehq/plot";
import { COLOURS } from "../palette.ts";
import { MARGINS } from "./figure.ts";

/** A point with its name. */
export interface NamedPoint {
  name: string;
  latencyMs: number;
  accuracy: number;
}

/** Where a plot of accuracy against latency puts its points. */
export interface Frame {
  widthPx: number;
  heightPx: number;
  latency: readonly [number, number];
  accuracy: readonly [number, number];
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const LETTER_PX = 6.4;
const LINE_PX = 14;

function shareOf(value: number, [low, high]: readonly [number, number]): number {
  return (value - low) / (high - low);
}

/** A front climbs to the right: there is room below it to the right, above it to the left. */
function startsAtPoint(point: NamedPoint, side: "above" | "below", { latency }: Frame): boolean {
  return shareOf(point.latencyMs, latency) < (side === "above" ? 0.35 : 0.65);
}

/** Where the name of `point` would stand, in pixels. */
function boxOf(point: NamedPoint, side: "above" | "below", frame: Frame): Box {
  const { accuracy, heightPx, latency, widthPx } = frame;
  const x = MARGINS.marginLeft +
    shareOf(point.latencyMs, latency) * (widthPx - MARGINS.marginLeft - MARGINS.marginRight);
  const y = heightPx - MARGINS.marginBottom -
    shareOf(point.accuracy, accuracy) * (heightPx - MARGINS.marginTop - MARGINS.marginBottom);
  const length = point.name.length * LETTER_PX;
  const left = startsAtPoint(point, side, frame) ? x - 2 : x + 2 - length;
  const middle = y + (side === "above" ? -12 : 14);
  return { left, right: left + length, top: middle - LINE_PX / 2, bottom: middle + LINE_PX / 2 };
}

/**
 * The points whose names fit into `frame` without covering one another; earlier groups and points go first. A name that is
 * left out is still told by the mark's title.
 */
export function withRoom<Point extends NamedPoint>(
  groups: readonly { points: readonly Point[]; side: "above" | "below" }[],
  frame: Frame,
): Point[][] {
  const taken: Box[] = [];
  return groups.map(({ points, side }) =>
    points.filter((point) => {
      const box = boxOf(point, side, frame);
      const free = taken.every((other) =>
        box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom
      );
      if (free) taken.push(box);
      return free;
    })
  );
}

/**
 * Names beside `points`, above or below them. They go last into a plot, so that no point covers them; a pointer finds the
 * points below them all the same.
 */
export function nameMarks(
  points: readonly NamedPoint[],
  frame: Frame,
  options: { side: "above" | "below"; fill: string; className: string },
): Plot.Text[] {
  const { className, fill, side } = options;
  const halo = { stroke: COLOURS.page, strokeWidth: 4, pointerEvents: "none" } as const;
  const common = { x: "latencyMs", y: "accuracy", text: "name", ...halo, fill, className };
  const dy = side === "above" ? -12 : 14;
  const atStart = points.filter((point) => startsAtPoint(point, side, frame));
  return [
    Plot.text(atStart, { ...common, textAnchor: "start", dx: -2, dy }),
    Plot.text(points.filter((point) => !atStart.includes(point)), { ...common, textAnchor: "end", dx: 2, dy }),
  ];
}

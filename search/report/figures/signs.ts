// The signs of legends, drawn as small SVGs, so that a page and a stand-alone figure show the same.
import { COLOURS, seriesColour, type SeriesSymbol, seriesSymbol } from "../palette.ts";

/** What a legend explains: a kind of mark of its own, or a series by its place, in the colour of another one if given. */
export type LegendSign = keyof typeof SIGNS | { series: number; as: "mark" | "line" | "bar"; colourOf?: number };

/** Size of a sign in pixels. */
export const SIGN = { width: 18, height: 12 } as const;

const dot = (fill: string, radius = 4.5) => `<circle cx="9" cy="6" r="${radius}" fill="${fill}"/>`;
const line = (stroke: string, more = "") =>
  `<line x1="0" y1="6" x2="18" y2="6" stroke="${stroke}" stroke-width="2.25" ${more}/>`;
const bar = (fill: string) => `<rect x="4" y="1" width="10" height="10" fill="${fill}"/>`;
const stroked = (path: string, stroke: string) =>
  `<path d="${path}" fill="none" stroke="${stroke}" stroke-width="1.75"/>`;
const filled = (path: string, fill: string) => `<path d="${path}" fill="${fill}"/>`;

const UP = "M9 1L14.2 10.5L3.8 10.5Z";
const DIAMOND = "M9 0.5L13.5 6L9 11.5L4.5 6Z";

const SIGNS = {
  student: dot(COLOURS.student, 4),
  front: dot(COLOURS.front, 5),
  baseline: filled(DIAMOND, COLOURS.baseline),
  target: `<line x1="9" y1="-1" x2="9" y2="13" stroke="${COLOURS.target}" stroke-width="2.25"/>`,
  limit: `<line x1="9" y1="-1" x2="9" y2="13" stroke="${COLOURS.baseline}" stroke-width="2" stroke-dasharray="3 2"/>`,
  teacher: line(COLOURS.teacher, 'stroke-dasharray="5 3"'),
  infeasible: stroked("M5.5 2.5L12.5 9.5M12.5 2.5L5.5 9.5", COLOURS.baseline),
  skipped: stroked(UP, COLOURS.student),
  bar: bar(COLOURS.student),
  mean: line(COLOURS.baseline, 'stroke-dasharray="5 3"'),
  trend: line(COLOURS.front),
  best: line(COLOURS.front),
  trace:
    `<path d="M0 6H12" stroke="${COLOURS.ink}" stroke-width="1.5"/><circle cx="14" cy="6" r="3.2" fill="none" stroke="${COLOURS.ink}" stroke-width="1.5"/>`,
  squeeze: dot(COLOURS.target, 3),
  skip: stroked("M14 1H7Q4 1 4 4V8Q4 11 7 11H14", COLOURS.ink),
  chosen: `<circle cx="9" cy="6" r="5" fill="none" stroke="${COLOURS.ink}" stroke-width="1.5"/>`,
} as const;

/** A missing shape does not compile. */
const SHAPES: Readonly<Record<SeriesSymbol, string>> = {
  circle: "M9 1.5A4.5 4.5 0 1 1 8.99 1.5Z",
  diamond2: DIAMOND,
  triangle: UP,
  square: "M5 2H13V10H5Z",
  star: "M9 0L10.5 4.2L15 4.2L11.4 6.9L12.7 11.3L9 8.7L5.3 11.3L6.6 6.9L3 4.2L7.5 4.2Z",
  cross: "M7.3 1H10.7V4.3H14V7.7H10.7V11H7.3V7.7H4V4.3H7.3Z",
  triangle2: "M9 11L3.8 1.5L14.2 1.5Z",
  hexagon: "M5 3.5L9 1L13 3.5V8.5L9 11L5 8.5Z",
  wye: "M7.4 11.5V7L3.5 4.8L5.1 2L9 4.3L12.9 2L14.5 4.8L10.6 7V11.5Z",
};

/** The inside of an SVG of the size of `SIGN`. */
export function signMarkup(sign: LegendSign): string {
  if (typeof sign === "string") return SIGNS[sign];
  const colour = seriesColour(sign.colourOf ?? sign.series);
  switch (sign.as) {
    case "mark":
      return filled(SHAPES[seriesSymbol(sign.series)], colour);
    case "line":
      return line(colour, dashOf(sign.series) ? `stroke-dasharray="${dashOf(sign.series)}"` : "");
    case "bar":
      return bar(colour);
    default:
      return sign.as satisfies never;
  }
}

const DASHES = [null, "7 3", "2 2.5", "9 3 2 3", "4 3", "1.5 3", "12 3", "6 2 2 2", "10 2 2 2 2 2"] as const;

/** How the line of the series at `index` is dashed; null for a solid one. */
export function dashOf(index: number): string | null {
  return DASHES[index % DASHES.length];
}

// The picture of the benchmark: what was foreseen of students that the predictor had not seen, against the measured.
import * as Plot from "@observablehq/plot";
import { pixelMarkup, plotMarkup, svgDocument } from "../svg.ts";

const width = 460;
const height = 430;
const keyPx = 66;

/** One held-out student. */
export interface FigurePoint {
  space: string;
  measuredMs: number;
  latencyMs: number;
  lowMs: number;
  highMs: number;
}

/** The figure as a whole SVG document. RangeError where there is nothing to draw. */
export function figureOf(points: readonly FigurePoint[], { trainedOn }: { trainedOn: number }): string {
  if (points.length === 0) throw new RangeError("a figure takes one student or more, got none");
  const ends = points.flatMap(({ highMs, lowMs, measuredMs }) => [highMs, lowMs, measuredMs]);
  const domain = [Math.min(...ends) * 0.97, Math.max(...ends) * 1.03];
  const [first] = points;
  const isOwn = ({ space }: FigurePoint) => space === first.space;
  const spaces = [...new Set(points.map(({ space }) => space))];
  const axis = { type: "log", domain, label: null, ticks: 5, tickFormat: (ms: number) => String(ms) } as const;
  const { markup: plot } = plotMarkup({
    width,
    height,
    marginLeft: 56,
    marginBottom: 50,
    marginRight: 14,
    symbol: { type: "identity" },
    x: axis,
    y: axis,
    marks: [
      Plot.gridX({ ticks: 5, stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.gridY({ ticks: 5, stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.areaY(domain, {
        x: (ms: number) => ms,
        y1: (ms: number) => ms * 0.9,
        y2: (ms: number) => ms * 1.1,
        fill: "var(--ink)",
        fillOpacity: 0.1,
        clip: true,
      }),
      Plot.line(domain, { x: (ms: number) => ms, y: (ms: number) => ms, stroke: "var(--ink)", strokeDasharray: "4 3" }),
      Plot.ruleX(points, { x: "measuredMs", y1: "lowMs", y2: "highMs", stroke: "var(--ink)", strokeOpacity: 0.25 }),
      Plot.dot(points, {
        x: "measuredMs",
        y: "latencyMs",
        r: 2.8,
        symbol: (point: FigurePoint) => isOwn(point) ? "circle" : "triangle",
        stroke: (point: FigurePoint) => isOwn(point) ? "var(--front)" : "var(--baseline)",
        strokeWidth: 1.3,
      }),
    ],
  });
  const signs = [
    ...spaces.map((space, index) => ({
      y: 10 + 18 * index,
      text: `student of the space ${space}, with the predictor's 90 % interval`,
      symbol: index === 0 ? "circle" : "triangle",
      stroke: index === 0 ? "var(--front)" : "var(--baseline)",
    })),
    { y: 10 + 18 * spaces.length, text: "within 10 % of the measured latency", symbol: "square", stroke: "var(--ink)" },
  ];
  const key = pixelMarkup({
    widthPx: width,
    heightPx: keyPx,
    marks: [
      Plot.dot(signs, {
        x: () => 12,
        y: "y",
        symbol: "symbol",
        stroke: "stroke",
        strokeWidth: 1.3,
        r: 3.2,
        fill: ({ symbol }: { symbol: string }) => symbol === "square" ? "var(--grid)" : "none",
      }),
      Plot.text(signs, { x: () => 26, y: "y", text: "text", textAnchor: "start", fill: "var(--ink)" }),
    ],
  });
  const whole = keyPx + height;
  return svgDocument({
    widthPx: width,
    heightPx: whole,
    fontPx: 13,
    label: "Foreseen against measured latency of students that the predictor had not seen",
    content: `<g>${key}</g>\n<g transform="translate(0 ${keyPx})">${plot}</g>\n` +
      `<text x="${width - 14}" y="${whole - 12}" text-anchor="end" fill="var(--ink)">measured latency, ms</text>\n` +
      `<text transform="translate(13 ${keyPx + 20}) rotate(-90)" text-anchor="end" fill="var(--ink)">` +
      `foreseen from ${trainedOn} others, ms</text>`,
  });
}

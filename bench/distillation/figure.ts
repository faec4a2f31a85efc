// The picture of the comparison: every method's difference from plain distillation with its interval, sorted.
import * as Plot from "@observablehq/plot";
import { pixelMarkup, plotMarkup, svgDocument } from "../svg.ts";
import { isCompressed } from "./rows.ts";
import { control, type Summary } from "./summary.ts";

const symbols = ["circle", "square", "triangle", "diamond"] as const;

// Narrow, so that its letters can still be read where a phone makes the picture as wide as its page.
const width = 460;
const rowPx = 26;
const marginLeft = 202;
const marginRight = 14;
const marginBottom = 58;
const linePx = 20;

interface Line {
  y: number;
  text: string;
  symbol?: string;
  quiet?: boolean;
}

/** What the marks mean, a line each. */
function keyLines(settings: readonly string[], { compressed }: { compressed: boolean }): Line[] {
  const texts = [
    { text: "mean over all settings and its 95 % interval" },
    ...settings.map((text, index) => ({ text, symbol: symbols[index] as string })),
    ...(compressed ? [{ text: "† network of fewer bits or weights", quiet: true }] : []),
  ];
  return texts.map((line, index) => ({ y: linePx * (index + 0.7), ...line }));
}

/** The figure as a whole SVG document. RangeError where there is nothing to draw. */
export function figureOf({ overall, settings }: Pick<Summary, "overall" | "settings">): string {
  const rows = overall.flatMap(({ method, difference }) => difference ? [{ method, ...difference }] : [])
    .sort((a, b) => b.mean - a.mean);
  if (rows.length === 0) throw new RangeError(`a figure takes one method or more beside ${control}, got none`);
  const percent = (share: number) => 100 * share;
  const bars = rows.flatMap(({ method, mean, low, high }) =>
    low === null || high === null ? [] : [{ method, mean: percent(mean), low: percent(low), high: percent(high) }]
  );
  const shown = settings.length > 1 ? settings.slice(0, symbols.length) : [];
  const parts = shown.flatMap(({ dataset, pair, rows: own }, index) =>
    own.flatMap(({ method, difference }) =>
      difference && rows.some((row) => row.method === method)
        ? [{ method, mean: percent(difference.mean), setting: `${dataset}, ${pair}`, symbol: symbols[index] }]
        : []
    )
  );
  const lines = keyLines(shown.map(({ dataset, pair }) => `${dataset}, ${pair}`), {
    compressed: rows.some(({ method }) => isCompressed(method)),
  });
  const keyPx = linePx * lines.length + 8;
  const marginTop = keyPx + 24;
  const height = marginTop + rows.length * rowPx + marginBottom;
  const plain = rows.filter(({ method }) => method === "none");
  const { markup: plot } = plotMarkup({
    width,
    height,
    marginTop,
    marginLeft,
    marginRight,
    marginBottom,
    y: {
      domain: rows.map(({ method }) => method),
      label: null,
      tickSize: 0,
      padding: 0,
      tickFormat: (method: string) =>
        method === "none" ? "none (plain training)" : isCompressed(method) ? `${method} †` : method,
    },
    x: { label: null, ticks: 4, nice: true },
    symbol: { type: "identity" },
    marks: [
      // Both controls: plain distillation is the line at zero, plain training a row of its own colour.
      Plot.cell(plain, { y: "method", fill: "var(--grid)", fillOpacity: 0.5 }),
      Plot.gridX({ ticks: 4, stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.ruleX([0], { stroke: "var(--ink)", strokeDasharray: "4 3" }),
      Plot.text([0], { x: (zero) => zero, text: () => control, frameAnchor: "top", dy: -17, fill: "var(--ink)" }),
      // Above each other, so that neither hides the other.
      Plot.dot(parts, {
        x: "mean",
        y: "method",
        dy: 6,
        symbol: "symbol",
        r: 2.8,
        stroke: "var(--baseline)",
        strokeWidth: 1.2,
        title: "setting",
      }),
      Plot.ruleY(bars, { y: "method", x1: "low", x2: "high", dy: -4, stroke: "var(--front)", strokeWidth: 2 }),
      Plot.tickX(bars.flatMap(({ method, low, high }) => [{ method, end: low }, { method, end: high }]), {
        x: "end",
        y: "method",
        dy: -4,
        inset: rowPx / 2 - 4,
        stroke: "var(--front)",
        strokeWidth: 2,
      }),
      Plot.dot(rows, {
        x: ({ mean }) => percent(mean),
        y: "method",
        dy: -4,
        r: 3.2,
        fill: "var(--front)",
        title: ({ method, mean }) => `${method}: ${percent(mean).toFixed(2)}`,
      }),
    ],
  });
  const key = pixelMarkup({
    widthPx: width,
    heightPx: keyPx,
    marks: [
      Plot.ruleY(lines.slice(0, 1), { x1: () => 2, x2: () => 18, y: "y", stroke: "var(--front)", strokeWidth: 2 }),
      Plot.dot(lines.slice(0, 1), { x: () => 10, y: "y", r: 3.2, fill: "var(--front)" }),
      Plot.dot(lines.filter(({ symbol }) => symbol !== undefined), {
        x: () => 10,
        y: "y",
        symbol: "symbol",
        r: 2.8,
        stroke: "var(--baseline)",
        strokeWidth: 1.2,
      }),
      Plot.text(lines, {
        x: ({ quiet }) => quiet ? 7 : 26,
        y: "y",
        text: "text",
        textAnchor: "start",
        fill: "var(--ink)",
      }),
    ],
  });
  const label = `<text x="${width - marginRight}" y="${height - 16}" text-anchor="end" fill="var(--ink)">` +
    `test accuracy minus that of ${control}, percentage points</text>`;
  return svgDocument({
    widthPx: width,
    heightPx: height,
    fontPx: 13,
    label: `Test accuracy of distillation methods minus that of ${control}`,
    content: `<g>${key}</g>\n<g>${plot}</g>\n${label}`,
  });
}

// The picture of the comparison: every method's difference from plain distillation with its interval, sorted.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { control, type Summary } from "./summary.ts";

const symbols = ["circle", "square", "triangle", "diamond"] as const;

// As an image of its own, so the colours of light and dark pages are inside.
const style = `
  :root { --ink: #22262b; --quiet: #5c6570; --grid: #e4e0da; --front: #00668f; --part: #b8500a; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6e3de; --quiet: #a2aab3; --grid: #32383f; --front: #5cc3ee; --part: #f0a050; }
  }
  svg { color: var(--ink); font: 12px system-ui, sans-serif; }`;

const width = 760;
const rowPx = 22;
const marginTop = 78;
const marginLeft = 170;

/** The figure as a whole SVG document. RangeError where there is nothing to draw. */
export function figureOf({ overall, settings }: Summary): string {
  const rows = overall.flatMap(({ method, difference }) => difference ? [{ method, ...difference }] : [])
    .sort((a, b) => b.mean - a.mean);
  if (rows.length === 0) throw new RangeError(`a figure takes one method or more beside ${control}, got none`);
  const percent = (share: number) => 100 * share;
  const bars = rows.flatMap(({ method, mean, low, high }) =>
    low === null || high === null ? [] : [{ method, mean: percent(mean), low: percent(low), high: percent(high) }]
  );
  const parts = settings.slice(0, symbols.length).flatMap(({ dataset, pair, rows: own }, index) =>
    own.flatMap(({ method, difference }) =>
      difference && rows.some((row) => row.method === method)
        ? [{ method, mean: percent(difference.mean), setting: `${dataset}, ${pair}`, symbol: symbols[index] }]
        : []
    )
  );
  const { document } = parseHTML("<!DOCTYPE html><html><body></body></html>");
  const plot = Plot.plot({
    document,
    width,
    height: marginTop + rows.length * rowPx + 46,
    marginTop,
    marginLeft,
    marginRight: 24,
    marginBottom: 46,
    ariaLabel: `Test accuracy of distillation methods minus that of ${control}`,
    style: { background: "none" },
    y: { domain: rows.map(({ method }) => method), label: null, tickSize: 0, padding: 0.3 },
    x: {
      label: `test accuracy minus that of ${control}, percentage points`,
      labelAnchor: "center",
      labelArrow: "none",
      nice: true,
    },
    symbol: { type: "identity" },
    marks: [
      Plot.gridX({ stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.ruleX([0], { stroke: "var(--quiet)", strokeDasharray: "4 3" }),
      Plot.ruleY(bars, { y: "method", x1: "low", x2: "high", stroke: "var(--front)", strokeWidth: 2.5 }),
      Plot.dot(parts, { x: "mean", y: "method", symbol: "symbol", r: 3.5, stroke: "var(--part)", title: "setting" }),
      Plot.dot(rows, {
        x: ({ mean }) => percent(mean),
        y: "method",
        r: 5,
        fill: "var(--front)",
        title: ({ method, mean }) => `${method}: ${percent(mean).toFixed(2)}`,
      }),
    ],
  });
  const legend = settings.slice(0, symbols.length).map(({ dataset, pair }, index) => ({
    symbol: symbols[index],
    text: `${dataset}, ${pair}`,
  }));
  const key = Plot.plot({
    document,
    width,
    height: 66,
    margin: 0,
    x: { axis: null, domain: [0, width] },
    y: { axis: null, domain: [66, 0] },
    symbol: { type: "identity" },
    marks: [
      Plot.dot([{ x: 12, y: 14 }], { x: "x", y: "y", r: 5, fill: "var(--front)" }),
      Plot.text([{ x: 24, y: 14, text: "mean over all settings, with its 95 % interval" }], {
        x: "x",
        y: "y",
        text: "text",
        textAnchor: "start",
        fill: "var(--ink)",
      }),
      Plot.dot(legend, {
        x: (_, index) => 12 + index * 186,
        y: () => 40,
        symbol: "symbol",
        r: 3.5,
        stroke: "var(--part)",
      }),
      Plot.text(legend, {
        x: (_, index) => 24 + index * 186,
        y: () => 40,
        text: "text",
        textAnchor: "start",
        fill: "var(--ink)",
      }),
    ],
  });
  const inner = (element: { innerHTML: string }) => element.innerHTML.replace(/<style>[\s\S]*?<\/style>/g, "");
  const height = Number(plot.getAttribute("height"));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `fill="currentColor" font-size="12" text-anchor="middle" role="img" ` +
    `aria-label="Test accuracy of distillation methods minus that of ${control}">\n<style>${style}\n</style>\n` +
    `<g>${inner(key)}</g>\n<g>${inner(plot)}</g>\n</svg>\n`;
}

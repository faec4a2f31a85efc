// The picture of the benchmark: best reward against samples, a panel per landscape.
import * as Plot from "@observablehq/plot";
import { COLOURS, seriesColour } from "../../search/report/palette.ts";
import type { ControllerName } from "../../src/schemas/search_options.ts";
import { pixelMarkup, plotMarkup, svgDocument } from "../svg.ts";
import type { MeanRow } from "./summary.ts";

/** Told apart by colour and by sign, so that they are in print too. */
const looks: Readonly<Record<ControllerName, { colour: string; symbol: string }>> = {
  ppo: { colour: seriesColour(0), symbol: "circle" },
  reinforce: { colour: seriesColour(3), symbol: "square" },
  evolution: { colour: seriesColour(2), symbol: "triangle" },
  local: { colour: seriesColour(4), symbol: "diamond" },
  model: { colour: seriesColour(1), symbol: "star" },
  random: { colour: COLOURS.quiet, symbol: "cross" },
};

const width = 460;
const panelPx = 190;
const keyPx = 30;
const footPx = 34;

/** The figure as a whole SVG document. RangeError where there is nothing to draw. */
export function figureOf(rows: readonly MeanRow[]): string {
  if (rows.length === 0) throw new RangeError("a figure takes one row or more, got none");
  const landscapes = [...new Set(rows.map(({ landscape }) => landscape))];
  const counts = [...new Set(rows.map(({ samples }) => samples))].sort((a, b) => a - b);
  const names = (Object.keys(looks) as ControllerName[]).filter((name) => rows.some((row) => row.controller === name));
  const colour = ({ controller }: MeanRow) => looks[controller].colour;

  const panels = landscapes.map((landscape, index) => {
    const own = rows.filter((row) => row.landscape === landscape);
    const bars = own.filter(({ low }) => low !== null);
    const { markup: plot } = plotMarkup({
      width,
      height: panelPx,
      marginTop: 30,
      marginLeft: 48,
      marginRight: 22,
      marginBottom: 24,
      x: { type: "log", label: null, ticks: counts, tickFormat: (count: number) => String(count), tickSize: 3 },
      y: { label: null, ticks: 4, nice: true },
      symbol: { type: "identity" },
      marks: [
        Plot.gridY({ ticks: 4, stroke: "var(--grid)", strokeOpacity: 1 }),
        Plot.text([landscape], {
          text: (name) => name,
          frameAnchor: "top-left",
          dy: -22,
          fill: "var(--ink)",
          fontWeight: 600,
        }),
        Plot.ruleX(bars, { x: "samples", y1: "low", y2: "high", stroke: colour }),
        Plot.line(own, { x: "samples", y: "mean", z: "controller", stroke: colour, strokeWidth: 1.4 }),
        Plot.dot(own, {
          x: "samples",
          y: "mean",
          symbol: ({ controller }: MeanRow) => looks[controller].symbol,
          fill: colour,
          r: 3,
          title: ({ controller, mean, samples }) => `${controller}, ${samples}: ${mean.toFixed(4)}`,
        }),
      ],
    });
    return `<g transform="translate(0 ${keyPx + index * panelPx})">${plot}</g>`;
  });
  const key = pixelMarkup({
    widthPx: width,
    heightPx: keyPx,
    marks: [
      Plot.dot(names, {
        x: (_, index) => 12 + index * 76,
        y: () => 14,
        symbol: (name: ControllerName) => looks[name].symbol,
        fill: (name: ControllerName) => looks[name].colour,
        r: 4,
      }),
      Plot.text(names, {
        x: (_, index) => 20 + index * 76,
        y: () => 14,
        text: (name) => name,
        textAnchor: "start",
        fill: "var(--ink)",
        fontSize: 12,
      }),
    ],
  });
  const height = keyPx + landscapes.length * panelPx + footPx;
  const foot = `<text x="${width / 2}" y="${height - 18}" text-anchor="middle" fill="var(--ink)">` +
    `best reward against samples: mean and its 95 % interval</text>`;
  return svgDocument({
    widthPx: width,
    heightPx: height,
    fontPx: 13,
    label: "Best reward of each controller against samples, by landscape",
    content: `<g>${key}</g>\n${panels.join("\n")}\n${foot}`,
  });
}

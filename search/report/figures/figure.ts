// What a figure is, and how it becomes a part of the page. Text in a scaled SVG would be unreadable on a phone, so
// every figure is drawn twice, wide and narrow, and the style sheet shows the one that fits.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Html, html, trusted } from "../html.ts";

/** A sign of the legend: the style sheet gives each its shape and colour. */
export type LegendSign =
  | "student"
  | "front"
  | "baseline"
  | "target"
  | "teacher"
  | "infeasible"
  | "bar"
  | "trend"
  | "best";

/** One picture with its words. */
export interface Figure {
  /** Unique on the page; letters, digits and hyphens. */
  id: string;
  title: string;
  /** What there is to see, in one plain line. */
  caption: string;
  legend: readonly (readonly [sign: LegendSign, label: string])[];
  /** The plots for a width in CSS pixels, one under the other; or a sentence where there is nothing to draw. */
  content: string | ((widthPx: number) => Plot.PlotOptions[]);
}

/** Colours of the marks, defined by the style sheet for light and dark pages. */
export const COLOURS = {
  student: "var(--student)",
  front: "var(--front)",
  baseline: "var(--baseline)",
  target: "var(--target)",
  teacher: "var(--teacher)",
  grid: "var(--grid)",
  page: "var(--page)",
} as const;

/** Room around a plot for ticks and the names of its axes. */
export const MARGINS = { marginTop: 34, marginRight: 16, marginBottom: 44, marginLeft: 54 } as const;

const WIDE_PX = 760;
const NARROW_PX = 340;

/** True where a figure of this width has little room for words. */
export function isNarrow(widthPx: number): boolean {
  return widthPx < 500;
}

function drawPlot(options: Plot.PlotOptions, description: string): Html {
  const { document } = parseHTML("<!DOCTYPE html><html><body></body></html>");
  const svg = Plot.plot({ ...options, document, ariaLabel: description, style: { background: "none" } });
  svg.setAttribute("role", "img");
  return trusted(svg.outerHTML);
}

/** The figure as a `<figure>` element. */
export function renderFigure(figure: Figure): Html {
  const { id, title, caption, legend, content } = figure;
  if (typeof content === "string") {
    return html`
      <figure id="${id}">
        <h3>${title}</h3>
        <p class="nothing">${content}</p>
      </figure>
    `;
  }
  const draw = (widthPx: number) => content(widthPx).map((options) => drawPlot({ ...options, width: widthPx }, title));
  const signs = legend.map(([sign, label]) => html`<li><i class="sign ${sign}"></i>${label}</li>`);
  return html`
    <figure id="${id}">
      <h3>${title}</h3>
      <figcaption>${caption}</figcaption>
      <ul class="legend">${signs}</ul>
      <div class="wide">${draw(WIDE_PX)}</div>
      <div class="narrow">${draw(NARROW_PX)}</div>
    </figure>
  `;
}

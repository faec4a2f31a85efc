// What a figure is, and how it becomes a part of the page. Text in a scaled SVG would be unreadable on a phone, so
// every figure is drawn twice, wide and narrow, and the style sheet shows the one that fits.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Html, html, trusted } from "../html.ts";
import { SIGN, signMarkup } from "./signs.ts";
import type { LegendSign } from "./signs.ts";

export { COLOURS } from "../palette.ts";
export type { LegendSign } from "./signs.ts";

/** A drawing that is not a plot: the inside of an SVG, `height` CSS pixels high. All text in it must be escaped. */
export interface Drawing {
  height: number;
  markup: string;
}

/** One part of a figure. */
export type Panel = Plot.PlotOptions | Drawing;

/** Numbers as text, for the table beside a figure. */
export interface FigureTable {
  head: readonly string[];
  /** The first cell names the row. */
  rows: readonly (readonly string[])[];
}

/** A table of the page that holds numbers of a figure, among others. */
export interface TableLink {
  /** Id of the table. */
  id: string;
  /** Heading of its section, by which it is found on paper. */
  heading: string;
  /** What stands there, for instance "baselines". */
  what: string;
}

/** One picture with its words. */
export interface Figure {
  /** Unique on the page; letters, digits and hyphens. */
  id: string;
  title: string;
  /** What there is to see, in one plain line. */
  caption: string;
  legend: readonly (readonly [sign: LegendSign, label: string])[];
  /** The panels for a width in CSS pixels, one under the other; or a sentence where there is nothing to draw. */
  content: string | ((widthPx: number) => Panel[]);
  /** Two panels side by side on wide pages; one under the other if not given. */
  paired?: boolean;
  /** The numbers behind the picture, folded away. */
  table?: FigureTable;
  /** Where the numbers stand in place of a table of its own. */
  tables?: readonly TableLink[];
}

/** Room around a plot for ticks and the names of its axes. */
export const MARGINS = { marginTop: 34, marginRight: 16, marginBottom: 44, marginLeft: 54 } as const;

/** Widths of a figure in CSS pixels. */
export const WIDE_PX = 760;
const NARROW_PX = 340;
/** Between two panels, in CSS pixels. */
export const PANEL_GAP_PX = 20;

/** True where a figure of this width has little room for words. */
export function isNarrow(widthPx: number): boolean {
  return widthPx < 500;
}

/** A panel as an SVG document of `widthPx`. `description` is read out in its place. */
export function drawPanel(panel: Panel, widthPx: number, description: string): { height: number; markup: string } {
  if ("markup" in panel) {
    const { height, markup } = panel;
    const label = html`
      <svg role="img" aria-label="${description}" viewBox="0 0 ${widthPx} ${height}"
        width="${widthPx}" height="${height}" fill="currentColor">${trusted(markup)}</svg>
    `;
    return { height, markup: label.markup };
  }
  const { document } = parseHTML("<!DOCTYPE html><html><body></body></html>");
  const svg = Plot.plot({ ...panel, width: widthPx, document, ariaLabel: description, style: { background: "none" } });
  svg.setAttribute("role", "img");
  return { height: Number(svg.getAttribute("height")), markup: svg.outerHTML };
}

/** The panels of `figure` for a page of `widthPx`, each with its own width; none where there is nothing to draw. */
export function panelsOf(figure: Figure, widthPx: number): { panel: Panel; widthPx: number }[] {
  if (typeof figure.content === "string") return [];
  const ownPx = figure.paired && !isNarrow(widthPx) ? (widthPx - PANEL_GAP_PX) / 2 : widthPx;
  return figure.content(ownPx).map((panel) => ({ panel, widthPx: ownPx }));
}

/** A sign of a legend as an SVG for a line of text. */
export function legendSign(sign: LegendSign): Html {
  const { width, height } = SIGN;
  return trusted(
    `<svg class="sign" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">` +
      `${signMarkup(sign)}</svg>`,
  );
}

/** Numbers behind a picture as a part of the page that opens on demand. */
function foldedTable({ head, rows }: FigureTable, summary: string): Html {
  return html`
    <details>
      <summary>${summary}</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="${summary}">
        <table class="numbers">
          <thead>
            <tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr>
          </thead>
          <tbody>${rows.map(([name, ...cells]) =>
            html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`
          )}</tbody>
        </table>
      </div>
    </details>
  `;
}

/** Where on the page the numbers behind a picture stand. */
function tableLinks(tables: readonly TableLink[]): Html {
  const links = tables.map(({ heading, id, what }, i) =>
    html`${i === 0 ? "" : "; "}${what} under <a href="#${id}">${heading}</a>`
  );
  return html`<p class="where">Numbers of this figure: ${links}</p>`;
}

/** The figure as a `<figure>` element. */
export function renderFigure(figure: Figure): Html {
  const { id, title, caption, legend, content, paired, table, tables = [] } = figure;
  if (typeof content === "string") {
    return html`
      <figure id="${id}">
        <h3>${title}</h3>
        <p class="nothing">${content}</p>
      </figure>
    `;
  }
  const draw = (widthPx: number) =>
    panelsOf(figure, widthPx).map((one) => trusted(drawPanel(one.panel, one.widthPx, title).markup));
  const signs = legend.map(([sign, label]) => html`<li>${legendSign(sign)}${label}</li>`);
  return html`
    <figure id="${id}">
      <h3>${title}</h3>
      <figcaption>${caption}</figcaption>
      ${signs.length > 0 ? html`<ul class="legend">${signs}</ul>` : null}
      <div class="wide${paired ? " paired" : ""}">${draw(WIDE_PX)}</div>
      <div class="narrow">${draw(NARROW_PX)}</div>
      ${table && table.rows.length > 0 ? foldedTable(table, "Numbers of this figure") : null}
      ${tables.length > 0 ? tableLinks(tables) : null}
    </figure>
  `;
}

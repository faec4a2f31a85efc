// What all figures of the claims share: panels one under the other, and a key.
import type * as Plot from "@observablehq/plot";
import { escapeHtml } from "../../search/report/html.ts";
import { seriesColour, seriesSymbol } from "../../search/report/palette.ts";
import { plotMarkup, svgDocument } from "../svg.ts";

/** A panel of a figure. */
export interface Panel {
  title: string;
  plot: Plot.PlotOptions;
}

/** A sign of the key. */
export interface KeyEntry {
  label: string;
  /** Which series it is; see seriesColour. */
  series: number;
}

const widthPx = 480;
const marginPx = 16;
const linePx = 20;

const signPaths: Readonly<Record<string, string>> = {
  circle: "M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0",
  diamond2: "M4.6,0L0,4.6L-4.6,0L0,-4.6Z",
  triangle: "M0,-5L4.4,3.4L-4.4,3.4Z",
  square: "M-3.6,-3.6H3.6V3.6H-3.6Z",
};

/** A figure of `panels`, one under the other, with a key. Everything is said by shape or place as well as by colour. */
export function drawFigure(
  { key = [], panels, title }: { title: string; panels: readonly Panel[]; key?: readonly KeyEntry[] },
): string {
  const parts: string[] = [];
  let top = 8;
  let x = 0;
  if (key.length > 0) {
    for (const { label, series } of key) {
      const entryPx = 18 + 7 * label.length + 16;
      if (x > 0 && x + entryPx > widthPx) {
        x = 0;
        top += linePx;
      }
      const path = signPaths[seriesSymbol(series)] ?? signPaths.circle;
      parts.push(
        `<path d="${path}" transform="translate(${x + 6} ${top - 4})" fill="${seriesColour(series)}"/>` +
          `<text x="${x + 18}" y="${top}">${escapeHtml(label)}</text>`,
      );
      x += entryPx;
    }
    top += linePx + 4;
  }
  for (const { plot, title: panelTitle } of panels) {
    const { heightPx, markup } = plotMarkup({ ...plot, width: widthPx });
    parts.push(`<text y="${top + 4}" font-weight="600">${escapeHtml(panelTitle)}</text>`);
    parts.push(`<g transform="translate(0 ${top + 12})" text-anchor="middle">${markup}</g>`);
    top += heightPx + 32;
  }
  return svgDocument({
    widthPx: widthPx + 2 * marginPx,
    heightPx: top + 2 * marginPx - 12,
    fontPx: 12,
    label: escapeHtml(title),
    content: `<g transform="translate(${marginPx} ${marginPx})" text-anchor="start">\n${parts.join("\n")}\n</g>`,
  });
}

// What all figures of the claims share: an SVG document of its own for light and dark pages and for print.
import type * as Plot from "@observablehq/plot";
import { escapeHtml } from "../../search/report/html.ts";
import { PALETTE, seriesColour, seriesSymbol } from "../../search/report/palette.ts";
import { plotMarkup } from "../svg.ts";

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
    parts.push(`<g transform="translate(0 ${top + 12})" fill="currentColor" text-anchor="middle">${markup}</g>`);
    top += heightPx + 32;
  }
  const width = widthPx + 2 * marginPx;
  const height = top + 2 * marginPx - 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `role="img" aria-label="${escapeHtml(title)}">\n<style>${PALETTE}\n` +
    `svg { color: var(--ink); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }\n` +
    `</style>\n<rect width="100%" height="100%" fill="var(--page)"/>\n` +
    `<g transform="translate(${marginPx} ${marginPx})" fill="currentColor">\n${parts.join("\n")}\n</g>\n</svg>\n`;
}

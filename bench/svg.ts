// What the figures of the benchmarks share: each is an SVG document of its own, with the colours of light and dark pages
// and of paper inside.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { PALETTE } from "../search/report/palette.ts";

/** What `plot` draws, as the inside of an SVG without Plot's style rules, and its height. */
export function plotMarkup(plot: Plot.PlotOptions): { markup: string; heightPx: number } {
  const { document } = parseHTML("<!DOCTYPE html><html><body></body></html>");
  const svg = Plot.plot({ ...plot, document });
  return {
    markup: svg.innerHTML.replace(/<style>[\s\S]*?<\/style>/g, ""),
    heightPx: Number(svg.getAttribute("height")),
  };
}

/** `marks` placed in pixels from the upper left corner, as the inside of an SVG: for keys. */
export function pixelMarkup(
  { heightPx, marks, widthPx }: { widthPx: number; heightPx: number; marks: Plot.Markish[] },
): string {
  return plotMarkup({
    width: widthPx,
    height: heightPx,
    margin: 0,
    x: { axis: null, domain: [0, widthPx] },
    y: { axis: null, domain: [heightPx, 0] },
    symbol: { type: "identity" },
    marks,
  }).markup;
}

/**
 * A whole SVG document around `content`, in the colours of the palette. `label` is read out in its place and, as `content`,
 * is markup already.
 */
export function svgDocument(
  { content, fontPx, heightPx, label, widthPx }: {
    widthPx: number;
    heightPx: number;
    fontPx: number;
    label: string;
    content: string;
  },
): string {
  // With a background of its own: what shows it may be white while the reader prefers dark.
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" ` +
    `viewBox="0 0 ${widthPx} ${heightPx}" fill="currentColor" text-anchor="middle" role="img" aria-label="${label}">\n` +
    `<style>${PALETTE}\nsvg { color: var(--ink); font: ${fontPx}px system-ui, -apple-system, "Segoe UI", Roboto, ` +
    `"Helvetica Neue", Arial, sans-serif; }\n</style>\n` +
    `<rect width="100%" height="100%" fill="var(--page)"/>\n${content}\n</svg>\n`;
}

// What the figures of the benchmarks share: each is an SVG document of its own, with the colours of light and dark pages
// inside.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

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

/** A whole SVG document around `content`. `label` is read out in its place and, as `content`, is markup already. */
export function svgDocument(
  { content, fontPx, heightPx, label, style, widthPx }: {
    widthPx: number;
    heightPx: number;
    fontPx: number;
    label: string;
    style: string;
    content: string;
  },
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" ` +
    `viewBox="0 0 ${widthPx} ${heightPx}" fill="currentColor" font-size="${fontPx}" text-anchor="middle" role="img" ` +
    `aria-label="${label}">\n<style>${style}\n</style>\n${content}\n</svg>\n`;
}

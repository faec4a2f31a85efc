// A figure as one SVG file of its own: title, legend and panels, with the colours of light and dark pages inside.
import { drawPanel, type Figure, PANEL_GAP_PX, panelsOf, WIDE_PX } from "./figures/figure.ts";
import { SIGN, signMarkup } from "./figures/signs.ts";
import { escapeHtml } from "./html.ts";
import { PALETTE } from "./palette.ts";

const MARGIN_PX = 24;
const LEGEND_LINE_PX = 20;

/** Legend entries in lines, each entry with its place. */
function legendMarkup({ legend }: Figure, top: number): { height: number; markup: string } {
  let [x, line] = [0, 0];
  const markup = legend.map(([sign, label]) => {
    // No text can be measured here: a letter of this font is some 6.6 pixels wide.
    const width = SIGN.width + 7 + label.length * 6.6 + 18;
    if (x > 0 && x + width > WIDE_PX) [x, line] = [0, line + 1];
    const y = top + line * LEGEND_LINE_PX;
    const entry = `<g transform="translate(${x.toFixed(1)} ${y})">${signMarkup(sign)}` +
      `<text x="${SIGN.width + 7}" y="10" font-size="13">${escapeHtml(label)}</text></g>`;
    x += width;
    return entry;
  }).join("");
  return { height: legend.length === 0 ? 0 : (line + 1) * LEGEND_LINE_PX + 6, markup };
}

// How these files begin, and no others.
const OPENING = '<svg xmlns="http://www.w3.org/2000/svg" data-source="nacre-report"';

/** Whether `text` is of a file that `standAloneSvg` made. */
export function isStandAloneSvg(text: string): boolean {
  return text.startsWith(OPENING);
}

/** The figure as the text of an SVG file; null where there is nothing to draw. */
export function standAloneSvg(figure: Figure): string | null {
  const panels = panelsOf(figure, WIDE_PX);
  if (panels.length === 0) return null;
  const legend = legendMarkup(figure, 34);
  const parts = [
    `<text y="16" font-size="16" font-weight="600">${escapeHtml(figure.title)}</text>`,
    legend.markup,
  ];
  const columns = figure.paired ? 2 : 1;
  let top = 34 + legend.height;
  for (let i = 0; i < panels.length; i += columns) {
    const row = panels.slice(i, i + columns).map(({ panel, widthPx }) => ({
      widthPx,
      ...drawPanel(panel, widthPx, figure.title),
    }));
    for (const [column, { markup, widthPx }] of row.entries()) {
      // A plot's own style says how it shrinks with a page; within another SVG it keeps its size.
      const fixed = markup.replaceAll(/(?:max-width: 100%|height: (?:auto|intrinsic));/g, "");
      parts.push(`<g transform="translate(${column * (widthPx + PANEL_GAP_PX)} ${top})">${fixed}</g>`);
    }
    top += Math.max(...row.map(({ height }) => height)) + PANEL_GAP_PX;
  }
  const [width, height] = [WIDE_PX + 2 * MARGIN_PX, top + 2 * MARGIN_PX - PANEL_GAP_PX];
  return `${OPENING} viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="${escapeHtml(figure.title)}">
<style>${PALETTE}
svg { color: var(--ink); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
svg svg { overflow: visible; }
</style>
<rect width="100%" height="100%" fill="var(--page)"/>
<g transform="translate(${MARGIN_PX} ${MARGIN_PX})" fill="currentColor">
${parts.join("\n")}
</g>
</svg>
`;
}

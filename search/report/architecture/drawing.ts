// A network as a small drawing, from top to bottom: a bar per layer, its width by the channels, with a line of words.
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { escapeHtml } from "../html.ts";
import { COLOURS, seriesColour } from "../palette.ts";
import { type Layer, type LayerKind, layersOf } from "./layers.ts";

/** Width of a drawing in CSS pixels. */
export const DRAWING_PX = 240;

const LABEL_X = 92;
const BAR_CENTRE = 48;
const BAR_MOST = 64;
const BAR_HEIGHT = 8;
const ROW_HEIGHT = 36;
/** More bars than this would be told rather than drawn. */
const MOST_BARS = 6;

const KIND_COLOUR: Readonly<Record<LayerKind, string>> = {
  conv: seriesColour(0),
  bottleneck: seriesColour(1),
  separable: seriesColour(2),
  branches: seriesColour(3),
  pool: COLOURS.student,
  classifier: COLOURS.ink,
};

/** The most channels of any layer, for drawings of one scale. */
export function mostChannels(architecture: Architecture): number {
  return Math.max(...layersOf(architecture).map(({ channels }) => channels));
}

/** What stands under a layer's name: its extras and what comes out. */
function details({ squeezeExcite, skip, height, width, channels }: Layer): string {
  const skips = { identity: "skip", projected: "projected skip", pooled: "pooled skip", none: "" };
  const shape = height === undefined ? `${channels}` : `${height}×${width}×${channels}`;
  return [squeezeExcite ? "SE" : "", skips[skip], shape].filter(Boolean).join(" · ");
}

/** `text` in lines of at most `most` characters, broken at spaces. */
function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * The drawing as the inside of an SVG `DRAWING_PX` wide. `channels` is what the widest bar stands for; widths go by the
 * square root, so that a narrow stem and a wide head both show.
 */
export function drawArchitecture(
  architecture: Architecture,
  channels: number,
): { height: number; markup: string } {
  const { input } = architecture;
  const parts: string[] = [];
  const text = (x: number, y: number, words: string, quiet = false) =>
    parts.push(
      `<text x="${x}" y="${y}" font-size="${quiet ? 11 : 12}"${quiet ? ` fill="${COLOURS.quiet}"` : ""}>${
        escapeHtml(words)
      }</text>`,
    );
  text(LABEL_X, 12, `images, ${input.height}×${input.width}×${input.channels}`, true);
  parts.push(`<path d="M${BAR_CENTRE} 2V18" stroke="${COLOURS.quiet}"/>`);
  let top = 18;
  for (const layer of layersOf(architecture)) {
    const bars = Math.min(layer.repeats, MOST_BARS);
    const label = wrap(
      `${layer.repeats > 1 ? `${layer.repeats} × ` : ""}${layer.label.replaceAll(/ (?=\d+×)/g, "\u00a0")}`,
      22,
    );
    const height = Math.max(ROW_HEIGHT + (label.length - 1) * 14, bars * (BAR_HEIGHT + 2) + 12);
    const barsTop = top + (height - bars * (BAR_HEIGHT + 2)) / 2;
    const width = Math.max(5, BAR_MOST * Math.sqrt(layer.channels / channels));
    parts.push(`<path d="M${BAR_CENTRE} ${top}V${top + height}" stroke="${COLOURS.quiet}"/>`);
    for (let bar = 0; bar < bars; bar++) {
      parts.push(
        `<rect class="layer" x="${(BAR_CENTRE - width / 2).toFixed(1)}" y="${barsTop + bar * (BAR_HEIGHT + 2)}" ` +
          `width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${KIND_COLOUR[layer.kind]}"/>`,
      );
    }
    if (layer.squeezeExcite) {
      const x = BAR_CENTRE + width / 2 + 5;
      parts.push(`<circle cx="${x.toFixed(1)}" cy="${top + height / 2 - 1}" r="3" fill="${COLOURS.target}"/>`);
    }
    if (layer.skip !== "none") {
      const x = BAR_CENTRE - width / 2 - 9;
      const dashes = layer.skip === "identity" ? "" : ' stroke-dasharray="3 2.5"';
      const bottom = top + height - 4;
      parts.push(
        `<path class="skip" d="M${BAR_CENTRE} ${top + 3}H${x + 5}Q${x} ${top + 3} ${x} ${top + 8}V${bottom - 5}` +
          `Q${x} ${bottom} ${x + 5} ${bottom}H${BAR_CENTRE}" fill="none" stroke="${COLOURS.ink}"${dashes}/>`,
      );
    }
    const words = top + (height - (label.length * 14 + 13)) / 2 + 11;
    for (const [line, part] of label.entries()) text(LABEL_X, words + line * 14, part);
    text(LABEL_X, words + label.length * 14, details(layer), true);
    top += height;
  }
  return { height: top + 2, markup: parts.join("") };
}

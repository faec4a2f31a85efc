// Other forms of an image, as another sensor would give it: pure functions of its normalised pixels, so that one dataset
// has several modalities (cross-modal transfer, privileged information, one modality per network).
import { hashSeed, Random } from "./random.ts";

/** Where an image stands in memory, and which one it is. */
export interface RenderedImage {
  /** `[height, width, channels]`, normalised; changed in place. */
  pixels: Float32Array;
  height: number;
  width: number;
  channels: number;
  /** Seed of the data, and the image's place in its set. */
  seed: number;
  index: number;
}

type Rendering = (image: RenderedImage) => void;

/** Half the root of the squared differences of the four neighbours, per channel; beyond the border lies the border. */
function drawEdges({ channels, height, pixels, width }: RenderedImage): void {
  const source = pixels.slice();
  const at = (row: number, column: number, channel: number) =>
    source[
      (Math.min(Math.max(row, 0), height - 1) * width + Math.min(Math.max(column, 0), width - 1)) * channels + channel
    ];
  for (let row = 0, place = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < channels; channel++, place++) {
        const across = at(row, column + 1, channel) - at(row, column - 1, channel);
        const down = at(row + 1, column, channel) - at(row - 1, column, channel);
        pixels[place] = Math.hypot(across, down) / 2;
      }
    }
  }
}

// 28x28 pixels become 7x7 blocks.
const coarseBlocks = 7;

/** Each block of pixels by its mean; blocks at the right and lower border may be smaller. */
function drawCoarse({ channels, height, pixels, width }: RenderedImage): void {
  const side = Math.max(2, Math.ceil(Math.min(height, width) / coarseBlocks));
  for (let top = 0; top < height; top += side) {
    const bottom = Math.min(top + side, height);
    for (let left = 0; left < width; left += side) {
      const right = Math.min(left + side, width);
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) sum += pixels[(row * width + column) * channels + channel];
        }
        const mean = sum / ((bottom - top) * (right - left));
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) pixels[(row * width + column) * channels + channel] = mean;
        }
      }
    }
  }
}

/** The same noise for an image wherever it is met: no network can average it out over epochs. */
function drawNoisy({ index, pixels, seed }: RenderedImage): void {
  const random = new Random(hashSeed(seed, "noisy", index));
  for (let place = 0; place < pixels.length; place++) pixels[place] += random.normal();
}

function drawInverted({ pixels }: RenderedImage): void {
  for (let place = 0; place < pixels.length; place++) pixels[place] = -pixels[place];
}

/** All renderings by name; `plain` is the image itself. */
export const renderings = {
  plain: { summary: "the image as it is", draw: () => {} },
  edges: { summary: "length of the brightness gradient, per channel", draw: drawEdges },
  coarse: { summary: "means of blocks, 7 along the shorter side", draw: drawCoarse },
  noisy: { summary: "normal noise as strong as the pixels' deviation, fixed per image", draw: drawNoisy },
  inverted: { summary: "dark and bright changed about the channel's mean", draw: drawInverted },
} satisfies Record<string, { summary: string; draw: Rendering }>;

export type RenderingName = keyof typeof renderings;

export const renderingNames = Object.keys(renderings) as [RenderingName, ...RenderingName[]];

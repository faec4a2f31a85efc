// What the stand-alone page is given, as JSON within it.
import type { Architecture } from "../../../src/schemas/architecture.ts";

export interface PageData {
  architecture: Architecture;
  /** 32-bit floats, little-endian, base64. */
  weights: { parameters: string; statistics: string };
  classNames: string[];
  /** Per channel, of pixels from 0 to 1. */
  mean: number[];
  deviation: number[];
  /** Validation images as PNG, base64, with their classes. */
  samples: { png: string; label: number }[];
}

/** Ids of the page's blocks of data. */
export const dataBlock = "data";
export const wasmBlock = "wasm";

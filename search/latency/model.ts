import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import type { Model } from "../../src/schemas/measurement.ts";

/** `architecture` as devices take it. Latency needs no trained weights: `seed` makes some, and the input. */
export function modelOf(architecture: Architecture, seed: number): Model {
  const { height, width, channels } = architecture.input;
  return {
    name: `network ${architectureHash(architecture).slice(0, 12)}`,
    source: { kind: "architecture", architecture, seed },
    input: { shape: [1, height, width, channels], seed, channelsFirst: false },
  };
}

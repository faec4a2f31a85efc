// Toy problems for controllers, by name: a new one is a function and a row.
import { deceptiveLandscape, maskedLandscape, smallLandscape } from "./controllers/hard_landscapes.ts";
import type { Landscape } from "./controllers/landscape.ts";
import {
  coupledLandscape,
  latencyLandscape,
  noisyLandscape,
  separableLandscape,
} from "./controllers/smooth_landscapes.ts";

export type { Landscape };
export {
  coupledLandscape,
  deceptiveLandscape,
  latencyLandscape,
  maskedLandscape,
  noisyLandscape,
  separableLandscape,
  smallLandscape,
};

/** Every kind of landscape: each seed gives one of it. */
export const landscapes = {
  separable: separableLandscape,
  coupled: coupledLandscape,
  latency: latencyLandscape,
  noisy: noisyLandscape,
  deceptive: deceptiveLandscape,
  small: smallLandscape,
  masked: maskedLandscape,
} satisfies Record<string, (seed: number) => Landscape>;

export type LandscapeName = keyof typeof landscapes;

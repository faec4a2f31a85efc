// Trials made up for tests. Nothing here was trained or measured.
import type { Trial } from "../../src/schemas/trial.ts";
import { createSpace } from "../../src/spaces/table.ts";
import { pendingTrial } from "../../search/pending_trial.ts";
import { madeUpMeasurement } from "./measurements.ts";

export const space = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });

/** A pending search trial of the network that `tokens` give. */
export function madeUpPending(number: number, tokens: readonly number[], overrides: Partial<Trial> = {}): Trial {
  const architecture = space.decode(tokens);
  return {
    ...pendingTrial({ number, role: "search", batch: 0, tokens: [...tokens], architecture, seed: number }),
    ...overrides,
  };
}

const reference = space.reference(1);
const plain = pendingTrial({ number: 1, role: "search", batch: 0, tokens: [0], architecture: reference, seed: 1 });

/** A completed search trial, measured on the device "here", worth its accuracy. */
export function madeUpTrial(
  number: number,
  accuracy: number,
  latencyMs: number,
  overrides: Partial<Trial> = {},
): Trial {
  return {
    ...plain,
    ...{ number, seed: number, state: "completed", accuracy, latencyMs, reward: accuracy },
    measurements: [madeUpMeasurement("here", latencyMs)],
    ...overrides,
  };
}

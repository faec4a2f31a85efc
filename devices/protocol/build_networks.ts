// Builds the networks of a load and lets each infer once: its outputs, and what the first inference costs.
import type { ColdFigures, LoadRequest } from "../../src/schemas/measurement.ts";
import type { RunningNetwork, StartedRuntime } from "../runtimes/runtime.ts";
import { reasonOf } from "./blocks.ts";
import { checkedValues, shortValue } from "./check.ts";

/** A network that answered. */
export interface BuiltNetwork {
  /** In the request. */
  index: number;
  running: RunningNetwork;
  cold: ColdFigures;
  /** Empty where the outputs are not finite. */
  outputs: number[];
}

/** What became of one network of the request. */
export type Built = { network: BuiltNetwork } | { reason: string };

/** Rounding may differ from one inference to the next where threads share the work; nothing else may. */
const sameWithin = 1e-4;

/** What building needs beside the runtime. */
export interface BuildSurroundings {
  clock: () => number;
  /** Sends signs of life while work takes long. */
  alive: <Value>(work: Promise<Value>) => Promise<Value>;
}

/** Outputs to compare, or none if one of all of them is not finite. */
function finiteValues(outputs: Float32Array, { networks }: LoadRequest): number[] {
  return outputs.every(Number.isFinite) ? checkedValues(outputs, networks.length).map(shortValue) : [];
}

async function buildNetwork(
  request: LoadRequest,
  index: number,
  runtime: StartedRuntime,
  { clock, alive }: BuildSurroundings,
): Promise<BuiltNetwork> {
  const running = await alive(runtime.build(request.networks[index]));
  try {
    const { values, firstInferenceMs } = await alive(firstInference());
    return { index, running, outputs: finiteValues(values, request), cold: { ...running.cold, firstInferenceMs } };
  } catch (error) {
    await running.dispose();
    throw error;
  }

  async function firstInference(): Promise<{ values: Float32Array; firstInferenceMs: number }> {
    const startMs = clock();
    const values = await running.infer();
    return { values, firstInferenceMs: clock() - startMs };
  }
}

/**
 * Builds and runs a network that is never timed, and returns it: whatever is built first on a fresh runtime has another place in
 * memory and compiled code of another age than all that follow.
 */
export async function buildPrimer(
  request: LoadRequest,
  runtime: StartedRuntime,
  { alive }: Pick<BuildSurroundings, "alive">,
): Promise<RunningNetwork> {
  try {
    const primer = await alive(runtime.build(request.networks[0]));
    await alive(primer.infer());
    return primer;
  } catch (error) {
    throw referenceFailed(0, reasonOf(error));
  }
}

/**
 * Builds all networks of `request`, in order; those that were built so far are in `into`, whatever happens. A candidate
 * that fails has its reason there. Error that names the reference network if one of those fails.
 */
export async function buildNetworks(
  request: LoadRequest,
  runtime: StartedRuntime,
  into: Built[],
  { before, ...surroundings }: BuildSurroundings & { before: (index: number) => Promise<void> },
): Promise<void> {
  for (let index = 0; index < request.networks.length; index++) {
    await before(index);
    try {
      into.push({ network: await buildNetwork(request, index, runtime, surroundings) });
    } catch (error) {
      if (index < 2) throw referenceFailed(index, reasonOf(error));
      into.push({ reason: reasonOf(error) });
    }
  }
}

/** Without its references a load is worth nothing. */
export function referenceFailed(index: number, reason: string): Error {
  return new Error(`The ${index === 0 ? "small" : "large"} reference network failed: ${reason}`);
}

/** Whether `network` now answers its input with other outputs than at first. */
export async function outputChanged({ running, outputs }: BuiltNetwork, request: LoadRequest): Promise<boolean> {
  const now = finiteValues(await running.infer(), request);
  if (now.length !== outputs.length) return true;
  const scale = outputs.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return now.some((value, index) => Math.abs(value - outputs[index]) > sameWithin * scale);
}

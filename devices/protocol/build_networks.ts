// Builds the networks of a load and lets each infer once: its outputs, and what the first inference costs.
import type { ColdFigures, LoadRequest } from "../../src/schemas/measurement.ts";
import type { RunningNetwork, StartedRuntime } from "../runtimes/runtime.ts";
import { reasonOf } from "./blocks.ts";
import { checkedValues } from "./check.ts";

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

/** Outputs to compare, or none if one of all of them is not finite. */
function finiteValues(outputs: Float32Array): number[] {
  return outputs.every(Number.isFinite) ? checkedValues(outputs) : [];
}

async function buildNetwork(
  request: LoadRequest,
  index: number,
  runtime: StartedRuntime,
  clock: () => number,
): Promise<BuiltNetwork> {
  const running = await runtime.build(request.networks[index]);
  try {
    const startMs = clock();
    const outputs = await running.infer();
    const firstInferenceMs = clock() - startMs;
    return { index, running, outputs: finiteValues(outputs), cold: { ...running.cold, firstInferenceMs } };
  } catch (error) {
    await running.dispose();
    throw error;
  }
}

/**
 * Builds and runs a network that is never timed, and returns it: whatever is built first on a fresh runtime has another place in
 * memory and compiled code of another age than all that follow.
 */
export async function buildPrimer(request: LoadRequest, runtime: StartedRuntime): Promise<RunningNetwork> {
  try {
    const primer = await runtime.build(request.networks[0]);
    await primer.infer();
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
  { clock, before }: { clock: () => number; before: (index: number) => Promise<void> },
): Promise<void> {
  for (let index = 0; index < request.networks.length; index++) {
    await before(index);
    try {
      into.push({ network: await buildNetwork(request, index, runtime, clock) });
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
export async function outputChanged({ running, outputs }: BuiltNetwork): Promise<boolean> {
  const now = finiteValues(await running.infer());
  if (now.length !== outputs.length) return true;
  const scale = outputs.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return now.some((value, index) => Math.abs(value - outputs[index]) > sameWithin * scale);
}

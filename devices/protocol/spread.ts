// How much fresh loads of one network differ, measured beforehand: what an interval rests on while there are few loads.
import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { SpreadPrior } from "./ratio.ts";

/** Counts for as much as five loads. */
const degreesOfFreedom = 4;

/**
 * Copies of one network differed by 0.2 to 0.6 % from process to process on a quiet machine and beside two busy processes,
 * other networks by 1 to 2 %, copies by 2 % where four programs shared each core (tfjs wasm, 2 cores).
 */
const onProcessor: SpreadPrior = { deviation: 0.01, degreesOfFreedom };
/** Of GPUs nothing is measured yet: the protocol's aim of 2 % stands for it. */
const onGpu: SpreadPrior = { deviation: 0.015, degreesOfFreedom };

/** Spread of the log ratio between fresh loads. */
export const ratioPriors: Record<RuntimeName, SpreadPrior> = {
  "tfjs-wasm": onProcessor,
  "tfjs-wasm-threads": onProcessor,
  "tfjs-webgl": onGpu,
  "tfjs-webgpu": onGpu,
  "onnxruntime-wasm": onProcessor,
  "onnxruntime-wasm-threads": onProcessor,
  "onnxruntime-webgpu": onGpu,
};

/** Spread of the log median between fresh loads: other work on the device is part of it. */
export const medianPrior: SpreadPrior = { deviation: 0.03, degreesOfFreedom };

/** 97.5 % quantile of Student's t with as many degrees of freedom as the prior counts for; with loads there are more. */
const studentT = 2.776;
/** The expectation alone makes no interval wide. */
const aboveExpected = 1.25;

/** Half widths of the ratio's interval, in ln, beyond this carry `wide-interval`; never what the prior alone makes of it. */
export function widestHalfWidth(asked: number, runtime: RuntimeName, loads: number): number {
  return Math.max(asked, aboveExpected * studentT * ratioPriors[runtime].deviation / Math.sqrt(loads));
}

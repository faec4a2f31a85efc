// One step of the optimizer over a stretch of the parameters.
import type { OptimizerNumbers } from "../optimizer.ts";
import type { Address, NamedKernels } from "./module.ts";
import type { Vector } from "./places.ts";

/** Moves `count` parameters along their gradient, and their average after them; `at`: where the stretch of a vector begins. */
export function updateRange(
  kernels: NamedKernels,
  optimizer: OptimizerNumbers,
  { at, count, learningRate, step }: {
    at: (vector: Vector) => Address;
    count: number;
    learningRate: number;
    /** From 1. */
    step: number;
  },
): void {
  const { name, first, second, epsilon, nesterov, weightDecay, average } = optimizer;
  const [parameters, gradient, moment] = [at("parameters"), at("gradient"), at("first")];
  switch (name) {
    case "adam":
      // deno-fmt-ignore
      kernels.adam(
        count, parameters, gradient, moment, at("second"), learningRate, first, second, epsilon, step, weightDecay,
      );
      break;
    case "sgd":
      kernels.sgd(count, parameters, gradient, moment, learningRate, first, nesterov ? 1 : 0, weightDecay);
      break;
    case "rmsProp":
      // deno-fmt-ignore
      kernels.rmsProp(
        count, parameters, gradient, at("second"), moment, learningRate, second, first, epsilon, weightDecay,
      );
      break;
    default:
      name satisfies never;
  }
  if (average > 0) kernels.movingAverage(count, parameters, at("average"), average);
}

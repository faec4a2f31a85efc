// The optimizers that engines have as kernels over one flat vector.
import type { Plan } from "./plan.ts";

export type OptimizerOptions =
  & {
    /** Decoupled (1711.05101): parameters shrink by learningRate * weightDecay at each step. Default 0. */
    weightDecay?: number;
    /** Decay of an exponential moving average of the parameters; absent: none is kept. */
    average?: number;
  }
  & (
    /** Kingma & Ba 2015, 1412.6980. */
    | { name: "adam"; beta1?: number; beta2?: number; epsilon?: number }
    /** With Nesterov's momentum as Sutskever et al. 2013 and PyTorch write it. */
    | { name: "sgd"; momentum?: number; nesterov?: boolean }
    /** Tieleman & Hinton 2012, with momentum as TensorFlow has it: the learning rate is inside the velocity. */
    | { name: "rmsProp"; decay?: number; momentum?: number; epsilon?: number }
  );

/** Options with every default filled in, as kernels take them: `first` and `second` are the decays of the two moments. */
export interface OptimizerNumbers {
  name: OptimizerOptions["name"];
  first: number;
  second: number;
  epsilon: number;
  nesterov: boolean;
  weightDecay: number;
  /** 0: none is kept. */
  average: number;
}

function requireFraction(what: string, value: number): number {
  if (value >= 0 && value < 1) return value;
  throw new RangeError(`${what} must be from 0 to below 1, got ${value}`);
}

/** Throws a RangeError on a number out of range. */
export function optimizerNumbers(options: OptimizerOptions): OptimizerNumbers {
  const { weightDecay = 0, average = 0 } = options;
  if (!(weightDecay >= 0)) throw new RangeError(`weightDecay must be at least 0, got ${weightDecay}`);
  const common = { weightDecay, average: requireFraction("average", average), nesterov: false };
  switch (options.name) {
    case "adam": {
      const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
      const first = requireFraction("beta1", beta1);
      return { name: "adam", first, second: requireFraction("beta2", beta2), epsilon, ...common };
    }
    case "sgd": {
      const { momentum = 0.9, nesterov = true } = options;
      return { name: "sgd", first: requireFraction("momentum", momentum), second: 0, epsilon: 0, ...common, nesterov };
    }
    case "rmsProp": {
      const { decay = 0.9, momentum = 0, epsilon = 1e-3 } = options;
      const first = requireFraction("momentum", momentum);
      return { name: "rmsProp", first, second: requireFraction("decay", decay), epsilon, ...common };
    }
    default:
      throw new RangeError(
        `optimizer must be adam, sgd or rmsProp, got ${(options satisfies never as { name: string }).name}`,
      );
  }
}

/**
 * Weight of the past in batch norm's moving averages at `step` (from 0). Until 0.95 is reached they are plain means over
 * the steps so far, so that even a training of some dozen steps is not evaluated with a left-over of the initial values.
 */
export function statisticsMomentum(step: number): number {
  return Math.min(0.95, step / (step + 1));
}

/** Ranges of the flat vector that belong to trainable nodes, neighbours merged. */
export function trainableRanges(plan: Plan): { start: number; count: number }[] {
  const ranges: { start: number; count: number }[] = [];
  for (const { trainable, parameters } of plan.nodes) {
    for (const { offset, size } of trainable ? parameters : []) {
      const last = ranges[ranges.length - 1];
      if (last && last.start + last.count === offset) last.count += size;
      else ranges.push({ start: offset, count: size });
    }
  }
  return ranges;
}

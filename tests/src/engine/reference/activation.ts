import type { Activation } from "../../../../src/schemas/architecture.ts";
import { map, type Tensor } from "./tensor.ts";

const ranges = {
  none: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
} satisfies Record<Activation, [lower: number, upper: number]>;

/** `z` after the activation; tells `margin` how near each element is to a bend. */
export function activate(z: Tensor, activation: Activation, margin: (distance: number) => void): Tensor {
  const [lower, upper] = ranges[activation];
  return map(z, (value) => {
    margin(Math.min(Math.abs(value - lower), Math.abs(value - upper)));
    return Math.min(Math.max(value, lower), upper);
  });
}

/** Gradient of `z` for that of its activation: none outside the open range. */
export function activationGradient(z: Tensor, activation: Activation, gradient: Tensor): Tensor {
  const [lower, upper] = ranges[activation];
  return map(gradient, (value, index) => (z.data[index] > lower && z.data[index] < upper ? value : 0));
}

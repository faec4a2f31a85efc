// The records through which the host describes work: fields in the order in which network.ts writes them, 4 bytes each.
// Addresses are bytes into the module's memory; 0 means that there is none.

/** A value of the plan (plan.ts): how to read it, and where its gradient goes. */
@unmanaged
export class Value {
  /** [batch][pixels][stride] */
  raw: usize;
  /** [4][stride]: scale, shift, mean, inverse deviation; or 0. */
  coefficients: usize;
  /** [batch][stride], or 0. */
  gate: usize;
  /** The activation: clamped to lower and upper; infinite where it has none. */
  lower: f32;
  upper: f32;
  /** Like raw, or 0. */
  gradient: usize;
  /** [parts][2][stride]: sums of gradient and of gradient * (raw - mean), one row of sums per part; or 0. */
  gradientSums: usize;
  height: i32;
  width: i32;
  channels: i32;
  /** Floats from pixel to pixel: channels rounded up to 4 (the rest is zero), but exactly `channels` for images. */
  stride: i32;
}

/** One node's work, forward and backward. */
@unmanaged
export class Step {
  /** Images in a batch. */
  batch: i32;
  input: Value;
  /** The second input of an addition, else 0. */
  other: Value;
  output: Value;
  /** Window and stride, and the padding before the first row and column. */
  kernel: i32;
  step: i32;
  padTop: i32;
  padLeft: i32;
  /** 1: batch norm by the batch, moving averages are updated; 0: by the moving averages. */
  training: i32;
  /** The node's parameters in the order of its op, dense as in the flat vector. */
  parameter0: usize;
  parameter1: usize;
  parameter2: usize;
  parameter3: usize;
  /** Where their gradients go, written whole at each step; 0: frozen. */
  gradient0: usize;
  gradient1: usize;
  gradient2: usize;
  gradient3: usize;
  /** Batch norm's moving mean and variance, dense. */
  movingMean: usize;
  movingVariance: usize;
  /** What the forward pass keeps, [batch][padded] in the order of plan.ts. */
  saved0: usize;
  saved1: usize;
  /** How the gradients of input and other are stored: 0 not at all, 1 written, 2 added. */
  inputMode: i32;
  otherMode: i32;
  /** What the parts hand to the finishing call; the next step may overwrite it. */
  partials: usize;
  /** Dropout's or stochastic depth's rate. */
  rate: f32;
  /** Position of the node, for random numbers. */
  node: i32;
  /** The engine's State. */
  state: State;
}

/** What changes from step to step. */
@unmanaged
export class State {
  /** Counts training steps, from 0. */
  step: i32;
  seed: i32;
  /** Weight of the past in the moving averages. */
  momentum: f32;
}

/** The first image of a part's share; the share ends where the next part's begins. */
@inline
export function firstImage(batch: i32, part: i32, parts: i32): i32 {
  return batch * part / parts;
}

/** `count` rounded up to a multiple of 4. */
@inline
export function padded(count: i32): i32 {
  return (count + 3) & ~3;
}

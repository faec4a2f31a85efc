// The optimizers of optimizer.ts over flat vectors, and the moving average of the parameters. Vectors need no
// padding: the last floats are done by the same arithmetic, lane by lane through a vector of their own.
import { multiplyAdd } from "./vector";

// `left` floats at an address, at most four; zero behind.
@inline
function load(address: usize, left: i32): v128 {
  if (left >= 4) return v128.load(address);
  let x = v128.load_lane<f32>(address, f32x4.splat(0), 0);
  if (left > 1) x = v128.load_lane<f32>(address, x, 1, 4);
  if (left > 2) x = v128.load_lane<f32>(address, x, 2, 8);
  return x;
}

@inline
function store(address: usize, x: v128, left: i32): void {
  if (left >= 4) {
    v128.store(address, x);
    return;
  }
  v128.store_lane<f32>(address, x, 0);
  if (left > 1) v128.store_lane<f32>(address, x, 1, 4);
  if (left > 2) v128.store_lane<f32>(address, x, 2, 8);
}

/** Adam (1412.6980) with decoupled weight decay (1711.05101); `stepNumber` from 1. */
export function adam(
  count: i32,
  parameters: usize,
  gradients: usize,
  first: usize,
  second: usize,
  learningRate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  stepNumber: i32,
  weightDecay: f32,
): void {
  // Both corrections of the moments' bias, the second under the root.
  const correction1 = 1 - Math.pow(<f64> beta1, <f64> stepNumber);
  const correction2 = 1 - Math.pow(<f64> beta2, <f64> stepNumber);
  const rate = f32x4.splat(<f32> (<f64> learningRate / correction1));
  const root = f32x4.splat(<f32> (1 / Math.sqrt(correction2)));
  const past1 = f32x4.splat(beta1), now1 = f32x4.splat(1 - beta1);
  const past2 = f32x4.splat(beta2), now2 = f32x4.splat(1 - beta2);
  const small = f32x4.splat(epsilon), shrink = f32x4.splat(1 - learningRate * weightDecay);
  for (let left = count; left > 0; left -= 4) {
    const g = load(gradients, left);
    const m = multiplyAdd(load(first, left), past1, f32x4.mul(g, now1));
    const v = multiplyAdd(load(second, left), past2, f32x4.mul(f32x4.mul(g, g), now2));
    const change = f32x4.div(f32x4.mul(m, rate), multiplyAdd(f32x4.sqrt(v), root, small));
    store(first, m, left);
    store(second, v, left);
    store(parameters, f32x4.sub(f32x4.mul(load(parameters, left), shrink), change), left);
    parameters += 16;
    gradients += 16;
    first += 16;
    second += 16;
  }
}

/** Momentum as PyTorch has it: v = m v + g, and Nesterov's step along g + m v. */
export function sgd(
  count: i32,
  parameters: usize,
  gradients: usize,
  velocity: usize,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
  weightDecay: f32,
): void {
  const rate = f32x4.splat(-learningRate), past = f32x4.splat(momentum);
  const shrink = f32x4.splat(1 - learningRate * weightDecay);
  for (let left = count; left > 0; left -= 4) {
    const g = load(gradients, left);
    const v = multiplyAdd(load(velocity, left), past, g);
    const along = nesterov ? multiplyAdd(v, past, g) : v;
    store(velocity, v, left);
    store(parameters, multiplyAdd(along, rate, f32x4.mul(load(parameters, left), shrink)), left);
    parameters += 16;
    gradients += 16;
    velocity += 16;
  }
}

/** RMSProp as TensorFlow has it: epsilon under the root, the learning rate inside the velocity. */
export function rmsProp(
  count: i32,
  parameters: usize,
  gradients: usize,
  square: usize,
  velocity: usize,
  learningRate: f32,
  decay: f32,
  momentum: f32,
  epsilon: f32,
  weightDecay: f32,
): void {
  const rate = f32x4.splat(learningRate), small = f32x4.splat(epsilon), kept = f32x4.splat(momentum);
  const past = f32x4.splat(decay), now = f32x4.splat(1 - decay);
  const shrink = f32x4.splat(1 - learningRate * weightDecay);
  for (let left = count; left > 0; left -= 4) {
    const g = load(gradients, left);
    const s = multiplyAdd(load(square, left), past, f32x4.mul(f32x4.mul(g, g), now));
    const change = f32x4.div(f32x4.mul(g, rate), f32x4.sqrt(f32x4.add(s, small)));
    const v = multiplyAdd(load(velocity, left), kept, change);
    store(square, s, left);
    store(velocity, v, left);
    store(parameters, f32x4.sub(f32x4.mul(load(parameters, left), shrink), v), left);
    parameters += 16;
    gradients += 16;
    square += 16;
    velocity += 16;
  }
}

/** average = decay * average + (1 - decay) * parameters */
export function movingAverage(count: i32, parameters: usize, average: usize, decay: f32): void {
  const past = f32x4.splat(decay), now = f32x4.splat(1 - decay);
  for (let left = count; left > 0; left -= 4) {
    store(average, multiplyAdd(load(average, left), past, f32x4.mul(load(parameters, left), now)), left);
    parameters += 16;
    average += 16;
  }
}

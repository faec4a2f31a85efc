// Softmax cross-entropy and Hinton's distillation (1503.02531), with the gradient of the logits.
import { exponential } from "./exponential";
import { multiplyAdd } from "./vector";

// Up to four floats of a row of which `left` remain; -Infinity, whose exponential is as good as 0, behind its end.
@inline
function loadLanes(from: usize, left: i32): v128 {
  if (left >= 4) return v128.load(from);
  let x = v128.load_lane<f32>(from, f32x4.splat(-Infinity), 0);
  if (left > 1) x = v128.load_lane<f32>(from, x, 1, 4);
  if (left > 2) x = v128.load_lane<f32>(from, x, 2, 8);
  return x;
}

// The largest of a row; NaN where one is.
function largest(classes: i32, row: usize): f32 {
  let most = f32.load(row);
  for (let index: usize = 1; index < <usize> classes; index++) most = max<f32>(most, f32.load(row + (index << 2)));
  return most;
}

@inline
function sumLanes(x: v128): f64 {
  return <f64> f32x4.extract_lane(x, 0) + <f64> f32x4.extract_lane(x, 1) +
    (<f64> f32x4.extract_lane(x, 2) + <f64> f32x4.extract_lane(x, 3));
}

// exp((x - most) * inverse)
@inline
function softened(x: v128, most: f32, inverse: f32): v128 {
  return exponential(f32x4.mul(f32x4.sub(x, f32x4.splat(most)), f32x4.splat(inverse)));
}

function sumOfExponentials(classes: i32, row: usize, most: f32, inverse: f32): f64 {
  let sum: f64 = 0;
  for (let index = 0; index < classes; index += 4) {
    sum += sumLanes(softened(loadLanes(row + (<usize> index << 2), classes - index), most, inverse));
  }
  return sum;
}

/**
 * Mean over the batch of alpha * CE(labels, z) + (1 - alpha) * T^2 * KL(softmax(teacher / T) || softmax(z / T)) to
 * `loss`, and its gradient to `gradient`, laid out as the `logits` z: rows of `classes`, `stride` apart, a multiple
 * of 4, the rest zero. `teacher` is dense; 0: the cross-entropy alone. Any NaN gives a loss of NaN.
 */
export function softTargetLoss(
  batch: i32,
  classes: i32,
  stride: i32,
  logits: usize,
  labels: usize,
  teacher: usize,
  temperature: f32,
  alpha: f32,
  gradient: usize,
  loss: usize,
): void {
  const hard: f64 = teacher == 0 ? 1 : <f64> alpha;
  const soft = 1 - hard;
  const inverse: f32 = 1 / temperature;
  const rowBytes = <usize> stride << 2;
  let total: f64 = 0;
  for (let image: usize = 0; image < <usize> batch; image++) {
    const row = logits + image * rowBytes, target = gradient + image * rowBytes;
    const label = i32.load(labels + (image << 2));
    const most = largest(classes, row);
    const sum = sumOfExponentials(classes, row, most, 1);
    total += hard * (Math.log(sum) + <f64> most - <f64> f32.load(row + (<usize> label << 2)));
    const hardFactor = f32x4.splat(<f32> (hard / sum / <f64> batch));
    if (teacher == 0) {
      for (let at: usize = 0; at < rowBytes; at += 16) {
        const x = loadLanes(row + at, classes - <i32> (at >> 2));
        v128.store(target + at, f32x4.mul(softened(x, most, 1), hardFactor));
      }
    } else {
      const source = teacher + image * (<usize> classes << 2);
      const teacherMost = largest(classes, source);
      const softSum = sumOfExponentials(classes, row, most, inverse);
      const teacherSum = sumOfExponentials(classes, source, teacherMost, inverse);
      const studentFactor = f32x4.splat(<f32> (soft * <f64> temperature / softSum / <f64> batch));
      const teacherFactor = f32x4.splat(<f32> (-soft * <f64> temperature / teacherSum / <f64> batch));
      // KL = sum of p * ((t - tMost) / T - (z - zMost) / T) - log(teacherSum) + log(softSum)
      let divergence: f64 = 0;
      for (let at: usize = 0; at < rowBytes; at += 16) {
        const left = classes - <i32> (at >> 2);
        const z = loadLanes(row + at, left), t = loadLanes(source + at, left);
        const p = softened(t, teacherMost, inverse);
        const difference = f32x4.sub(f32x4.sub(t, f32x4.splat(teacherMost)), f32x4.sub(z, f32x4.splat(most)));
        const term = f32x4.mul(p, difference);
        divergence += <f64> f32x4.extract_lane(term, 0);
        if (left > 1) divergence += <f64> f32x4.extract_lane(term, 1);
        if (left > 2) divergence += <f64> f32x4.extract_lane(term, 2);
        if (left > 3) divergence += <f64> f32x4.extract_lane(term, 3);
        const hardPart = f32x4.mul(softened(z, most, 1), hardFactor);
        const softPart = multiplyAdd(softened(z, most, inverse), studentFactor, f32x4.mul(p, teacherFactor));
        v128.store(target + at, f32x4.add(hardPart, softPart));
      }
      divergence = divergence * <f64> inverse / teacherSum + Math.log(softSum) - Math.log(teacherSum);
      total += soft * <f64> temperature * <f64> temperature * divergence;
    }
    const here = target + (<usize> label << 2);
    f32.store(here, f32.load(here) - <f32> (hard / <f64> batch));
    memory.fill(target + (<usize> classes << 2), 0, <usize> (stride - classes) << 2);
  }
  f32.store(loss, <f32> (total / <f64> batch));
}

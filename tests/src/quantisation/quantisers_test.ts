import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { affineLevel, affineRange, affineValue, quantiseAffine } from "../../../src/quantisation/affine.ts";
import {
  assignPoints,
  bitsByGradient,
  gatherPoints,
  pointGradient,
  quantilePoints,
  scaleTensor,
} from "../../../src/quantisation/points.ts";
import { bestScale, quantiseWrpn } from "../../../src/quantisation/wrpn.ts";

function rounded(values: ArrayLike<number>): number[] {
  return Array.from(values, (value) => Math.round(value * 1e6) / 1e6 + 0);
}

Deno.test("WRPN with two bits is ternary, clipped to one", () => {
  const { values } = quantiseWrpn(Float32Array.of(-1.3, -0.6, -0.4, 0.2, 0.6), { bits: 2 });
  assertEquals(rounded(values), [-1, -1, 0, 0, 1]);
});

Deno.test("WRPN treats signs alike and scales with its scale", () => {
  const from = Float32Array.of(0.1, 0.25, 0.5, 0.77, 1.2);
  const plain = quantiseWrpn(from, { bits: 4 }).values;
  assertEquals(rounded(quantiseWrpn(from.map((value) => -value), { bits: 4 }).values), rounded(plain.map((v) => -v)));
  const tripled = quantiseWrpn(from.map((value) => 3 * value), { bits: 4, scale: 3 }).values;
  assertEquals(rounded(tripled), rounded(plain.map((value) => 3 * value)));
  assertThrows(() => quantiseWrpn(from, { bits: 1 }), RangeError, "2 to 16 bits");
});

Deno.test("the best scale leaves less error than the largest magnitude", () => {
  const from = Float32Array.from({ length: 101 }, (_, i) => 0.02 * ((i - 50) / 50) ** 3);
  const errorOf = (scale: number) =>
    quantiseWrpn(from, { bits: 2, scale }).values.reduce((sum, value, i) => sum + (value - from[i]) ** 2, 0);
  const best = bestScale(from, 2);
  assert(errorOf(best) < 0.9 * errorOf(0.02), `${errorOf(best)} against ${errorOf(0.02)}`);
  assertEquals(bestScale(new Float32Array(3), 2), 1);
});

Deno.test("values take the nearest of the points, as a search over all of them says", () => {
  const numbers = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 30 });
  fc.assert(fc.property(numbers, numbers, (from, somePoints) => {
    const tensor = scaleTensor(Float32Array.from(from), 8);
    const points = Float32Array.from(somePoints).sort();
    for (const [i, place] of assignPoints(tensor, points).entries()) {
      const distance = Math.abs(tensor.scaled[i] - points[place]);
      assert(points.every((point) => distance <= Math.abs(tensor.scaled[i] - point) + 1e-6));
    }
  }));
});

Deno.test("quantile points stand for as many values each", () => {
  const from = Float32Array.from({ length: 64 }, (_, i) => (i / 63) ** 2);
  const tensor = scaleTensor(from, 64);
  const counts = new Array(4).fill(0);
  for (const place of assignPoints(tensor, quantilePoints(tensor, 4))) counts[place]++;
  for (const count of counts) assert(count >= 12 && count <= 20, `${counts}`);
});

Deno.test("the gradient of the points is that of finite differences", () => {
  const from = Float32Array.of(-1, -0.4, 0.2, 0.9, 3, 3.5, 4.9, 5);
  const tensor = scaleTensor(from, 4);
  const points = Float32Array.of(0.05, 0.4, 0.95);
  const assigned = assignPoints(tensor, points);
  const target = from.map((value, i) => value + 0.1 * i);
  const lossOf = (points: Float32Array) =>
    gatherPoints(tensor, points, assigned).reduce((sum, value, i) => sum + (value - target[i]) ** 2, 0);
  const gradient = gatherPoints(tensor, points, assigned).map((value, i) => 2 * (value - target[i]));
  const exact = pointGradient(tensor, assigned, gradient, 3);
  for (let point = 0; point < 3; point++) {
    const moved = (by: number) => lossOf(points.map((value, i) => i === point ? value + by : value));
    assertAlmostEquals((moved(1e-3) - moved(-1e-3)) / 2e-3, exact[point], 2e-2);
  }
});

Deno.test("bits follow the gradient's norm and are the same where that is", () => {
  const same = [{ size: 10, gradientNorm: 2 }, { size: 30, gradientNorm: 2 }];
  assertEquals(bitsByGradient(same, 4), [4, 4]);
  assertEquals(bitsByGradient([{ size: 10, gradientNorm: 3 }, { size: 10, gradientNorm: 1 }], 4), [6, 2]);
  assertEquals(bitsByGradient([{ size: 1, gradientNorm: 0 }], 4), [4]);
});

Deno.test("affine values in range move by at most half a level, zero by nothing", () => {
  const bound = fc.integer({ min: -5000, max: 5000 }).map((hundredths) => hundredths / 100);
  fc.assert(fc.property(bound, bound, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
    const range = affineRange(Math.min(a, b), Math.max(a, b));
    const low = affineValue(0, range);
    const high = affineValue(255, range);
    const value = low + share * (high - low);
    const back = affineValue(affineLevel(value, range), range);
    assert(Math.abs(back - value) <= range.step / 2 + 1e-9, `${value} became ${back}`);
    assertEquals(affineValue(affineLevel(0, range), range), 0);
    const width = Math.max(0, a, b) - Math.min(0, a, b);
    assertAlmostEquals(range.step, width > 0 ? width / 255 : 1, 1e-9);
  }));
});

Deno.test("values beyond the range are clipped", () => {
  const range = affineRange(-1, 1);
  assertEquals(affineLevel(7, range), 255);
  assertEquals(affineLevel(-7, range), 0);
});

Deno.test("a range for each channel leaves less error where channels differ", () => {
  const from = Float32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 100 : 0.01) * Math.sin(i));
  const errorOf = (groups: number) =>
    quantiseAffine(from, groups).values.reduce((sum, value, i) => i % 2 ? sum + Math.abs(value - from[i]) : sum, 0);
  assert(errorOf(2) < errorOf(1) / 100);
  assertThrows(() => quantiseAffine(from, 3), RangeError, "3 groups");
});

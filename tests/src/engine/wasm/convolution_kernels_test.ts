// The convolution kernels against their definitions in float64.
import { assertEquals } from "@std/assert";
import {
  type Activation,
  type KernelMemory,
  kernelMemory,
  type KernelVariant,
  type PlacedValue,
  type ValueSpec,
} from "./kernel_memory.ts";
import { assertNear, expectedGradient, randomCoefficients, randomFloats, readValue } from "./kernel_reference.ts";

const epsilon = 1e-3;
const momentum = 0.9;

interface Case {
  name: string;
  batch: number;
  height: number;
  width: number;
  channels: number;
  filters: number;
  kernel: number;
  step: 1 | 2;
  /** What is pending at the input; `images`: nothing, and pixels are not padded. */
  input?: "normalised" | "gated" | "plain" | "images" | "activated";
  inputMode?: 0 | 1 | 2;
  frozen?: boolean;
  /** Whether it must, or must not, go in tiles (winograd.as). */
  tiles?: boolean;
}

/** Points that a tile is transformed to, each with a matrix of sums. */
const points = 36;

// deno-fmt-ignore
const cases: Case[] = [
  { name: "pointwise", batch: 5, height: 7, width: 7, channels: 24, filters: 72, kernel: 1, step: 1 },
  { name: "pointwise, gated", batch: 5, height: 7, width: 5, channels: 20, filters: 12, kernel: 1, step: 1, input: "gated" },
  { name: "pointwise, plain, added", batch: 4, height: 14, width: 14, channels: 16, filters: 48, kernel: 1, step: 1, input: "plain", inputMode: 2 },
  { name: "pointwise, odd channels", batch: 3, height: 5, width: 7, channels: 5, filters: 7, kernel: 1, step: 1 },
  { name: "pointwise, one pixel, one channel", batch: 1, height: 1, width: 1, channels: 1, filters: 1, kernel: 1, step: 1 },
  { name: "pointwise, one gated pixel", batch: 9, height: 1, width: 1, channels: 3, filters: 2, kernel: 1, step: 1, input: "gated" },
  { name: "pointwise on images", batch: 2, height: 4, width: 4, channels: 3, filters: 5, kernel: 1, step: 1, input: "images" },
  { name: "pointwise, many channels", batch: 2, height: 5, width: 5, channels: 320, filters: 136, kernel: 1, step: 1 },
  { name: "1x1 of every second pixel", batch: 3, height: 5, width: 6, channels: 8, filters: 9, kernel: 1, step: 2 },
  { name: "first layer, one channel", batch: 4, height: 28, width: 28, channels: 1, filters: 16, kernel: 3, step: 2, input: "images", inputMode: 0 },
  { name: "first layer, three channels", batch: 3, height: 9, width: 8, channels: 3, filters: 13, kernel: 3, step: 1, input: "images" },
  { name: "first layer, gradient added", batch: 2, height: 8, width: 7, channels: 3, filters: 8, kernel: 3, step: 2, input: "images", inputMode: 2 },
  { name: "1x1 of every second pixel of images", batch: 25, height: 12, width: 8, channels: 3, filters: 3, kernel: 1, step: 2, input: "images" },
  { name: "3x3", batch: 3, height: 16, width: 16, channels: 16, filters: 16, kernel: 3, step: 1 },
  { name: "3x3, small images", batch: 7, height: 4, width: 4, channels: 12, filters: 20, kernel: 3, step: 1, input: "gated" },
  { name: "3x3, step 2", batch: 3, height: 8, width: 8, channels: 6, filters: 10, kernel: 3, step: 2, inputMode: 2 },
  { name: "3x3, one pixel", batch: 2, height: 1, width: 1, channels: 2, filters: 3, kernel: 3, step: 2 },
  { name: "2x2, step 2", batch: 2, height: 7, width: 6, channels: 4, filters: 4, kernel: 2, step: 2 },
  { name: "4x4", batch: 2, height: 6, width: 5, channels: 3, filters: 8, kernel: 4, step: 1, input: "activated" },
  { name: "5x5, step 2", batch: 2, height: 9, width: 11, channels: 5, filters: 6, kernel: 5, step: 2 },
  { name: "7x7, step 2, on images", batch: 2, height: 11, width: 10, channels: 3, filters: 7, kernel: 7, step: 2, input: "images" },
  { name: "15x15", batch: 1, height: 5, width: 4, channels: 1, filters: 2, kernel: 15, step: 1 },
  { name: "tiles", batch: 3, height: 16, width: 16, channels: 16, filters: 16, kernel: 3, step: 1, tiles: true },
  { name: "tiles, one image, odd size", batch: 1, height: 13, width: 15, channels: 16, filters: 20, kernel: 3, step: 1, tiles: true, inputMode: 2 },
  { name: "tiles, wide images", batch: 2, height: 10, width: 38, channels: 20, filters: 24, kernel: 3, step: 1, tiles: true, input: "activated" },
  { name: "tiles, odd size", batch: 7, height: 9, width: 7, channels: 24, filters: 12, kernel: 3, step: 1, tiles: true, inputMode: 2 },
  { name: "tiles, few channels", batch: 2, height: 12, width: 13, channels: 8, filters: 12, kernel: 3, step: 1, tiles: true },
  { name: "tiles, small images", batch: 41, height: 4, width: 5, channels: 28, filters: 16, kernel: 3, step: 1, tiles: true },
  { name: "tiles, gated", batch: 7, height: 10, width: 5, channels: 24, filters: 48, kernel: 3, step: 1, tiles: true, input: "gated" },
  { name: "tiles, one image, plain", batch: 1, height: 32, width: 32, channels: 16, filters: 16, kernel: 3, step: 1, tiles: true, input: "plain", inputMode: 2 },
  { name: "tiles, many channels", batch: 4, height: 8, width: 8, channels: 64, filters: 64, kernel: 3, step: 1, tiles: true },
  { name: "tiles, no input gradient", batch: 4, height: 8, width: 11, channels: 16, filters: 16, kernel: 3, step: 1, tiles: true, inputMode: 0 },
  { name: "tiles, frozen", batch: 5, height: 8, width: 7, channels: 16, filters: 32, kernel: 3, step: 1, tiles: true, frozen: true },
  { name: "tiles, large images", batch: 1, height: 42, width: 70, channels: 16, filters: 16, kernel: 3, step: 1, tiles: true },
  { name: "3x3, too few tiles", batch: 1, height: 8, width: 8, channels: 16, filters: 16, kernel: 3, step: 1, tiles: false },
  { name: "3x3, tiles mostly empty", batch: 20, height: 5, width: 5, channels: 16, filters: 16, kernel: 3, step: 1, tiles: false },
  { name: "3x3, channels no multiple of 4", batch: 2, height: 12, width: 12, channels: 18, filters: 16, kernel: 3, step: 1, tiles: false },
  { name: "frozen", batch: 3, height: 6, width: 6, channels: 8, filters: 8, kernel: 3, step: 1, frozen: true },
];

function inputSpec(test: Omit<Case, "name">, parts: number): ValueSpec {
  const { batch, height, width, channels, input = "normalised", inputMode = 1 } = test;
  const count = batch * height * width * channels;
  const pending = input === "normalised" || input === "gated";
  return {
    batch,
    height,
    width,
    channels,
    raw: randomFloats(count, 1, 3),
    coefficients: pending ? randomCoefficients(channels, 2) : undefined,
    activation: input === "plain" || input === "images" ? "none" : "relu6" satisfies Activation,
    gate: input === "gated" ? randomFloats(batch * channels, 3).map(Math.abs) : undefined,
    gradient: inputMode === 0 ? undefined : randomFloats(count, 4),
    parts: pending && input !== "gated" && inputMode > 0 ? parts : undefined,
    padded: input !== "images",
  };
}

/** Calls `visit` for each product of an output pixel: indices of the input's and the output's first channel, and the tap. */
function visitTaps(
  { batch, height, width, channels, filters, kernel, step }: Case,
  visit: (input: number, output: number, tap: number) => void,
): void {
  const outHeight = Math.ceil(height / step), outWidth = Math.ceil(width / step);
  const { padTop, padLeft } = padding(height, width, kernel, step);
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        for (let tap = 0; tap < kernel * kernel; tap++) {
          const row = y * step - padTop + Math.floor(tap / kernel), column = x * step - padLeft + tap % kernel;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const output = ((n * outHeight + y) * outWidth + x) * filters;
          visit(((n * height + row) * width + column) * channels, output, tap);
        }
      }
    }
  }
}

function padding(height: number, width: number, kernel: number, step: number): { padTop: number; padLeft: number } {
  const before = (size: number) => Math.max(0, Math.floor(((Math.ceil(size / step) - 1) * step + kernel - size) / 2));
  return { padTop: before(height), padLeft: before(width) };
}

/** Mean and variance of each channel of `[pixels, channels]`. */
function statistics(rows: Float64Array, channels: number) {
  const count = rows.length / channels;
  const mean = new Float64Array(channels), variance = new Float64Array(channels);
  for (const [index, value] of rows.entries()) mean[index % channels] += value / count;
  for (const [index, value] of rows.entries()) {
    variance[index % channels] += (value - mean[index % channels]) ** 2 / count;
  }
  return { mean, variance };
}

function setSums(memory: KernelMemory, value: PlacedValue, sums: ArrayLike<number>): void {
  const { channels, stride, parts = 0 } = value;
  const target = memory.floats(value.sumsAddress, parts * 2 * stride).fill(0);
  // An uneven share for each part.
  for (let index = 0; index < 2 * channels; index++) {
    for (let part = 0; part < parts; part++) {
      const share = part === 0 ? 1 - 0.25 * (parts - 1) : 0.25;
      target[(2 * part + Math.floor(index / channels)) * stride + index % channels] = share * sums[index];
    }
  }
}

async function checkConvolution(test: Case, variant: KernelVariant, parts: number): Promise<void> {
  const { batch, height, width, channels, filters, kernel, step, inputMode = 1, frozen = false } = test;
  const memory = await kernelMemory(variant);
  const outHeight = Math.ceil(height / step), outWidth = Math.ceil(width / step);
  const outCount = batch * outHeight * outWidth * filters;
  const input = memory.value(inputSpec(test, parts));
  const output = memory.value({
    batch,
    height: outHeight,
    width: outWidth,
    channels: filters,
    coefficients: new Float32Array(4 * filters),
    activation: "relu6",
    gradient: randomFloats(outCount, 5),
    parts,
  });
  const weights = randomFloats(kernel * kernel * channels * filters, 6, 0.5);
  const gamma = randomFloats(filters, 7).map((x) => 1 + x / 2), beta = randomFloats(filters, 8);
  const movingMean = randomFloats(filters, 9), movingVariance = randomFloats(filters, 10).map((x) => 1 + x / 2);
  const parameters = [weights, gamma, beta].map((values) => memory.place(values));
  const gradients = frozen ? [] : [weights, gamma, beta].map((values) => memory.place(new Float32Array(values.length)));
  const moving = [movingMean, movingVariance].map((values) => memory.place(values));
  const address = memory.step({
    batch,
    input,
    output,
    kernel,
    step,
    ...padding(height, width, kernel, step),
    training: !frozen,
    parameters,
    gradients,
    movingMean: moving[0],
    movingVariance: moving[1],
    inputMode,
    state: { step: 0, seed: 0, momentum },
  });

  if (test.tiles !== undefined) {
    // Nothing else needs as many sums.
    const sums = memory.kernels.convPartialFloats(address, 1);
    assertEquals(sums >= points * channels * filters, test.tiles, "in tiles");
  }

  const x = readValue(input);
  const raw = new Float64Array(outCount);
  visitTaps(test, (from, to, tap) => {
    for (let c = 0; c < channels; c++) {
      for (let f = 0; f < filters; f++) raw[to + f] += x[from + c] * weights[(tap * channels + c) * filters + f];
    }
  });
  memory.run("conv", "Forward", address, parts);
  assertNear(memory.raw(output), raw, "output");
  const batchStatistics = statistics(raw, filters);
  const { mean, variance } = frozen ? { mean: movingMean, variance: movingVariance } : batchStatistics;
  const inverse = Float64Array.from(variance, (v) => 1 / Math.sqrt(v + epsilon));
  const scale = inverse.map((value, c) => value * gamma[c]);
  const shift = scale.map((value, c) => beta[c] - value * mean[c]);
  assertNear(memory.coefficients(output), [...scale, ...shift, ...mean, ...inverse], "coefficients");
  const past = (values: Float32Array, now: Float64Array) =>
    frozen ? values : values.map((value, c) => momentum * value + (1 - momentum) * now[c]);
  assertNear(memory.floats(moving[0], filters), past(movingMean, batchStatistics.mean), "moving mean");
  assertNear(memory.floats(moving[1], filters), past(movingVariance, batchStatistics.variance), "moving variance");

  const g = output.gradient!;
  const sums = new Float64Array(2 * filters);
  for (let index = 0; index < outCount; index++) {
    sums[index % filters] += g[index];
    sums[filters + index % filters] += g[index] * (raw[index] - mean[index % filters]);
  }
  setSums(memory, output, sums);
  const count = outCount / filters;
  const rawGradient = Float64Array.from(g, (value, index) => {
    const c = index % filters;
    if (frozen) return scale[c] * value;
    const normalised = (raw[index] - mean[c]) * inverse[c];
    return scale[c] * (value - sums[c] / count - normalised * inverse[c] * sums[filters + c] / count);
  });
  const weightGradient = new Float64Array(weights.length), inputGradient = new Float64Array(x.length);
  visitTaps(test, (from, to, tap) => {
    for (let c = 0; c < channels; c++) {
      for (let f = 0; f < filters; f++) {
        const index = (tap * channels + c) * filters + f;
        weightGradient[index] += x[from + c] * rawGradient[to + f];
        inputGradient[from + c] += weights[index] * rawGradient[to + f];
      }
    }
  });
  memory.run("conv", "Backward", address, parts);
  if (!frozen) {
    assertNear(memory.floats(gradients[0], weights.length), weightGradient, "weight gradient");
    const gammaGradient = inverse.map((value, c) => value * sums[filters + c]);
    assertNear(memory.floats(gradients[1], filters), gammaGradient, "gamma gradient");
    assertNear(memory.floats(gradients[2], filters), sums.subarray(0, filters), "beta gradient");
  }
  if (inputMode > 0) checkInputGradient(memory, input, inputGradient, inputMode);
}

function checkInputGradient(memory: KernelMemory, input: PlacedValue, gradient: Float64Array, mode: number): void {
  const expected = expectedGradient(input, gradient, mode);
  assertNear(memory.gradient(input), expected.stored, "input gradient");
  if (input.parts !== undefined && mode === 1) assertNear(memory.sums(input), expected.sums, "input gradient sums");
}

for (const test of cases) {
  for (const [variant, parts] of [["relaxed", 1], ["relaxed", 3], ["simd", 2]] as const) {
    Deno.test(`convolution, ${test.name}: ${variant}, ${parts} parts`, () => checkConvolution(test, variant, parts));
  }
}

Deno.test("added input gradients add to the sums that another reader has begun", async () => {
  const memory = await kernelMemory();
  const test: Case = { name: "", batch: 2, height: 3, width: 3, channels: 4, filters: 4, kernel: 1, step: 1 };
  const input = memory.value(inputSpec(test, 1));
  const gradient = new Float32Array(2 * 9 * 4).fill(1);
  const output = memory.value({ ...input, gate: undefined, gradient, coefficients: randomCoefficients(4, 1) });
  setSums(memory, output, new Float32Array(8));
  const begun = Float32Array.from({ length: 8 }, (_, index) => index);
  setSums(memory, input, begun);
  const weights = randomFloats(16, 2);
  const parameters = [weights, weights, weights].map((values) => memory.place(values));
  const step = memory.step({ batch: 2, input, output, kernel: 1, step: 1, parameters, inputMode: 2 });
  memory.run("conv", "Backward", step, 1);
  const inputGradient = new Float64Array(gradient.length);
  for (let index = 0; index < gradient.length; index++) {
    const row = (index % 4) * 4;
    for (let f = 0; f < 4; f++) inputGradient[index] += weights[row + f] * output.coefficients![f];
  }
  const { stored, sums } = expectedGradient(input, inputGradient, 2);
  assertNear(memory.gradient(input), stored, "input gradient");
  assertNear(memory.sums(input), sums.map((sum, index) => sum + begun[index]), "sums");
});

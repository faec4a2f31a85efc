import { type KernelMemory, kernelMemory, type PlacedValue } from "./kernel_memory.ts";
import { assertNear, expectedGradient, randomCoefficients, randomFloats, readValue } from "./kernel_reference.ts";

interface Case {
  batch: number;
  height: number;
  width: number;
  channels: number;
  kernel: number;
  stride: number;
}

const epsilon = 1e-3;

function paddingBefore(length: number, kernel: number, stride: number): [out: number, before: number] {
  const out = Math.ceil(length / stride);
  return [out, Math.max(0, (out - 1) * stride + kernel - length) >> 1];
}

/** Calls `visit` with the place of each output, input and tap that meet. */
function forEachTap(c: Case, visit: (output: number, input: number, tap: number) => void): void {
  const [outHeight, padTop] = paddingBefore(c.height, c.kernel, c.stride);
  const [outWidth, padLeft] = paddingBefore(c.width, c.kernel, c.stride);
  for (let n = 0; n < c.batch; n++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        for (let u = 0; u < c.kernel; u++) {
          for (let v = 0; v < c.kernel; v++) {
            const row = y * c.stride + u - padTop, column = x * c.stride + v - padLeft;
            if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
            for (let channel = 0; channel < c.channels; channel++) {
              visit(
                ((n * outHeight + y) * outWidth + x) * c.channels + channel,
                ((n * c.height + row) * c.width + column) * c.channels + channel,
                (u * c.kernel + v) * c.channels + channel,
              );
            }
          }
        }
      }
    }
  }
}

function statisticsOf(raw: ArrayLike<number>, channels: number) {
  const count = raw.length / channels;
  const mean = new Float64Array(channels), variance = new Float64Array(channels);
  for (let i = 0; i < raw.length; i++) mean[i % channels] += raw[i] / count;
  for (let i = 0; i < raw.length; i++) variance[i % channels] += (raw[i] - mean[i % channels]) ** 2 / count;
  return { mean, variance };
}

function checkForward(memory: KernelMemory, c: Case, parts: number, training: boolean): void {
  const { batch, height, width, channels } = c;
  const what = `${JSON.stringify(c)} parts ${parts} training ${training}`;
  const [outHeight, padTop] = paddingBefore(height, c.kernel, c.stride);
  const [outWidth, padLeft] = paddingBefore(width, c.kernel, c.stride);
  const input = memory.value({
    ...{ batch, height, width, channels, activation: "relu6" },
    raw: randomFloats(batch * height * width * channels, 1, 4),
    coefficients: randomCoefficients(channels, 2),
    gate: channels % 2 === 0 ? randomFloats(batch * channels, 3) : undefined,
  });
  const output = memory.value({
    ...{ batch, height: outHeight, width: outWidth, channels, activation: "relu6" },
    coefficients: randomCoefficients(channels, 9),
  });
  const filter = randomFloats(c.kernel ** 2 * channels, 4);
  const [gamma, beta] = [randomFloats(channels, 5), randomFloats(channels, 6)];
  const [movingMean, movingVariance] = [randomFloats(channels, 7), randomFloats(channels, 8).map((x) => 1.5 + x)];
  const [meanAddress, varianceAddress] = [memory.place(movingMean), memory.place(movingVariance)];
  const step = memory.step({
    ...{ batch, input, output, kernel: c.kernel, step: c.stride, padTop, padLeft, training },
    parameters: [filter, gamma, beta].map((values) => memory.place(values)),
    movingMean: meanAddress,
    movingVariance: varianceAddress,
    state: { step: 3, seed: 0, momentum: 0.75 },
  });
  memory.run("depthwiseConv", "Forward", step, parts);

  const x = readValue(input);
  const raw = new Float64Array(batch * outHeight * outWidth * channels);
  forEachTap(c, (to, from, tap) => raw[to] += x[from] * filter[tap]);
  assertNear(memory.raw(output), raw, `output ${what}`);
  const batchStatistics = statisticsOf(raw, channels);
  const { mean, variance } = training ? batchStatistics : { mean: movingMean, variance: movingVariance };
  const inverse = Array.from(variance, (v) => 1 / Math.sqrt(v + epsilon));
  const scale = inverse.map((value, channel) => value * gamma[channel]);
  const shift = scale.map((value, channel) => beta[channel] - value * mean[channel]);
  // A channel that varies little has large factors: its inverse deviation is found with their precision only.
  assertNear(memory.coefficients(output), [...scale, ...shift, ...mean, ...inverse], `coefficients ${what}`, 1e-4);
  const moved = (past: Float32Array, now: Float64Array) =>
    Array.from(past, (value, channel) => training ? 0.75 * value + 0.25 * now[channel] : value);
  assertNear(memory.floats(meanAddress, channels), moved(movingMean, batchStatistics.mean), `moving mean ${what}`);
  assertNear(memory.floats(varianceAddress, channels), moved(movingVariance, batchStatistics.variance), `var ${what}`);
}

/** Gradients of the output's raw form, by the definition of batch norm's backward pass. */
function rawGradientOf(output: PlacedValue, gradient: Float32Array, training: boolean) {
  const { channels, coefficients: k, raw } = output;
  const at = (row: number, channel: number) => k![row * channels + channel];
  const sum = new Float64Array(channels), product = new Float64Array(channels);
  for (const [i, g] of gradient.entries()) {
    sum[i % channels] += g;
    product[i % channels] += g * (raw![i] - at(2, i % channels)) * at(3, i % channels);
  }
  const count = gradient.length / channels;
  const rawGradient = Float64Array.from(gradient, (g, i) => {
    const channel = i % channels;
    const normalised = (raw![i] - at(2, channel)) * at(3, channel);
    const centred = training ? g - sum[channel] / count - normalised * product[channel] / count : g;
    return at(0, channel) * centred;
  });
  return { rawGradient, gammaGradient: product, betaGradient: sum };
}

function checkBackward(memory: KernelMemory, c: Case, parts: number, mode: number, training: boolean): void {
  const { batch, height, width, channels } = c;
  const what = `${JSON.stringify(c)} parts ${parts} mode ${mode} training ${training}`;
  const [outHeight, padTop] = paddingBefore(height, c.kernel, c.stride);
  const [outWidth, padLeft] = paddingBefore(width, c.kernel, c.stride);
  const inputs = batch * height * width * channels, outputs = batch * outHeight * outWidth * channels;
  const input = memory.value({
    ...{ batch, height, width, channels, parts, activation: "relu6" },
    raw: randomFloats(inputs, 1, 4),
    coefficients: randomCoefficients(channels, 2),
    gradient: randomFloats(inputs, 3),
  });
  const gradient = randomFloats(outputs, 5);
  const output = memory.value({
    ...{ batch, height: outHeight, width: outWidth, channels, parts, activation: "relu6" },
    raw: randomFloats(outputs, 4),
    coefficients: randomCoefficients(channels, 6),
    gradient,
  });
  // The sums as the readers of the output leave them: here all in the last part's place.
  const expected = expectedGradient({ ...output, activation: "none" }, gradient, 1);
  memory.floats(output.sumsAddress, parts * 2 * output.stride).fill(0);
  for (let row = 0; row < 2; row++) {
    const address = output.sumsAddress + 4 * ((parts - 1) * 2 + row) * output.stride;
    memory.floats(address, channels).set(expected.sums.subarray(row * channels, (row + 1) * channels));
  }
  if (mode === 2) memory.floats(input.sumsAddress, parts * 2 * input.stride).fill(0);
  const filter = randomFloats(c.kernel ** 2 * channels, 7);
  const gradients = [filter.length, channels, channels].map((count) => memory.allocate(count));
  const step = memory.step({
    ...{ batch, input, output, kernel: c.kernel, step: c.stride, padTop, padLeft, training, inputMode: mode },
    ...{ parameters: [memory.place(filter)], gradients },
  });
  memory.run("depthwiseConv", "Backward", step, parts);

  const { rawGradient, gammaGradient, betaGradient } = rawGradientOf(output, gradient, training);
  const x = readValue(input);
  const inputGradient = new Float64Array(inputs), filterGradient = new Float64Array(filter.length);
  forEachTap(c, (to, from, tap) => {
    inputGradient[from] += rawGradient[to] * filter[tap];
    filterGradient[tap] += rawGradient[to] * x[from];
  });
  assertNear(memory.floats(gradients[0], filter.length), filterGradient, `filter gradient ${what}`);
  assertNear(memory.floats(gradients[1], channels), gammaGradient, `gamma gradient ${what}`);
  assertNear(memory.floats(gradients[2], channels), betaGradient, `beta gradient ${what}`);
  if (mode === 0) {
    assertNear(memory.gradient(input), input.gradient!, `untouched input gradient ${what}`, 0);
    return;
  }
  const { stored, sums } = expectedGradient(input, inputGradient, mode);
  assertNear(memory.gradient(input), stored, `input gradient ${what}`);
  assertNear(memory.sums(input), sums, `sums ${what}`);
}

const shapes: [batch: number, height: number, width: number, channels: number][] = [
  [2, 1, 1, 3],
  [1, 5, 7, 5],
  [4, 7, 5, 8],
  [3, 8, 8, 13],
  [2, 2, 14, 4],
  [2, 3, 3, 1],
];

const cases = shapes.flatMap(([batch, height, width, channels]) =>
  [1, 2, 3, 4, 5, 7].flatMap((kernel) => [1, 2].map((stride) => ({ batch, height, width, channels, kernel, stride })))
);

for (const variant of ["relaxed", "simd"] as const) {
  Deno.test(`${variant} depthwise convolution: outputs and statistics`, async () => {
    for (const c of cases) {
      const memory = await kernelMemory(variant, 32);
      for (const parts of [1, 3]) for (const training of [true, false]) checkForward(memory, c, parts, training);
    }
  });

  Deno.test(`${variant} depthwise convolution: gradients of filter, gamma, beta and input`, async () => {
    for (const c of cases) {
      const memory = await kernelMemory(variant, 32);
      for (const parts of [1, 3]) {
        for (const mode of [0, 1, 2]) checkBackward(memory, c, parts, mode, mode !== 2 || parts === 1);
      }
    }
  });
}

Deno.test("depthwise convolution: a frozen filter's gradient is left alone, its input's is not", async () => {
  const memory = await kernelMemory("relaxed", 32);
  const [batch, height, width, channels] = [1, 4, 4, 4];
  const spec = { batch, height, width, channels, raw: randomFloats(64, 1), gradient: randomFloats(64, 2) };
  const input = memory.value({ ...spec, activation: "none" });
  const output = memory.value({ ...spec, coefficients: randomCoefficients(4, 3), parts: 1 });
  memory.floats(output.sumsAddress, 8).fill(0);
  const filter = new Float32Array(9 * channels).fill(0);
  filter.fill(1, 4 * channels, 5 * channels);
  const step = memory.step({
    ...{ batch, input, output, kernel: 3, step: 1, padTop: 1, padLeft: 1, inputMode: 1 },
    parameters: [memory.place(filter)],
  });
  memory.run("depthwiseConv", "Backward", step, 1);
  const expected = Array.from(output.gradient!, (g, i) => g * output.coefficients![i % channels]);
  assertNear(memory.gradient(input), expected, "input gradient");
});

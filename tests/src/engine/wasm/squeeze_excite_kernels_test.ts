import { type KernelMemory, kernelMemory } from "./kernel_memory.ts";
import { assertNear, expectedGradient, randomCoefficients, randomFloats, readValue } from "./kernel_reference.ts";

interface Case {
  batch: number;
  height: number;
  width: number;
  channels: number;
  squeezed: number;
}

/** The definition, image by image; with `gradient`, that of the gated value, also the backward pass. */
function reference(c: Case, x: Float64Array, weights: Float32Array[], gradient?: Float32Array) {
  const { batch, channels, squeezed } = c;
  const [squeezeKernel, squeezeBias, exciteKernel, exciteBias] = weights;
  const pixels = c.height * c.width;
  const gates = new Float64Array(batch * channels);
  const inputGradient = new Float64Array(x.length);
  const gradients = weights.map(({ length }) => new Float64Array(length));
  for (let n = 0; n < batch; n++) {
    const image = n * pixels * channels;
    const pooled = new Float64Array(channels), hidden = new Float64Array(squeezed).map((_, s) => squeezeBias[s]);
    for (let i = 0; i < pixels * channels; i++) pooled[i % channels] += x[image + i] / pixels;
    for (let k = 0; k < channels; k++) {
      for (let s = 0; s < squeezed; s++) hidden[s] += pooled[k] * squeezeKernel[k * squeezed + s];
    }
    const active = hidden.map((value) => Math.max(value, 0));
    for (let k = 0; k < channels; k++) {
      let z = exciteBias[k];
      for (let s = 0; s < squeezed; s++) z += active[s] * exciteKernel[s * channels + k];
      gates[n * channels + k] = 1 / (1 + Math.exp(-z));
    }
    if (!gradient) continue;
    const excited = new Float64Array(channels), hiddenGradient = new Float64Array(squeezed);
    for (let i = 0; i < pixels * channels; i++) excited[i % channels] += gradient[image + i] * x[image + i];
    for (let k = 0; k < channels; k++) {
      const gate = gates[n * channels + k];
      excited[k] *= gate * (1 - gate);
      gradients[3][k] += excited[k];
      for (let s = 0; s < squeezed; s++) {
        gradients[2][s * channels + k] += active[s] * excited[k];
        if (hidden[s] > 0) hiddenGradient[s] += excited[k] * exciteKernel[s * channels + k];
      }
    }
    const pooledGradient = new Float64Array(channels);
    for (let s = 0; s < squeezed; s++) {
      gradients[1][s] += hiddenGradient[s];
      for (let k = 0; k < channels; k++) {
        gradients[0][k * squeezed + s] += pooled[k] * hiddenGradient[s];
        pooledGradient[k] += hiddenGradient[s] * squeezeKernel[k * squeezed + s];
      }
    }
    for (let i = 0; i < pixels * channels; i++) {
      const k = i % channels;
      inputGradient[image + i] = gates[n * channels + k] * gradient[image + i] + pooledGradient[k] / pixels;
    }
  }
  return { gates, inputGradient, gradients };
}

function check(memory: KernelMemory, c: Case, parts: number, inputMode: number): void {
  const { batch, height, width, channels, squeezed } = c;
  const what = `${JSON.stringify(c)} parts ${parts} mode ${inputMode}`;
  const count = batch * height * width * channels;
  const spec = { batch, height, width, channels, activation: "relu6" as const, raw: randomFloats(count, 1, 4) };
  const coefficients = randomCoefficients(channels, 2);
  const input = memory.value({ ...spec, coefficients, parts, gradient: randomFloats(count, 3) });
  if (inputMode === 2) memory.floats(input.sumsAddress, parts * 2 * input.stride).fill(0);
  const gradient = randomFloats(count, 4);
  const output = memory.value({ ...spec, coefficients, gate: new Float32Array(batch * channels), gradient });
  const sizes = [channels * squeezed, squeezed, squeezed * channels, channels];
  const weights = sizes.map((size, index) => randomFloats(size, 5 + index));
  // One behind the other, as in the flat vector: the kernels find the number of squeezed channels by it.
  const flat = memory.place(weights.flatMap((values) => [...values]));
  const offsets = sizes.map((_, index) => 4 * sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
  const gradients = sizes.map((size) => memory.allocate(size));
  const saved = [memory.allocate(batch * input.stride), memory.allocate(batch * ((squeezed + 3) & ~3))];
  const fields = { batch, input, output, inputMode, parameters: offsets.map((offset) => flat + offset) };

  const x = readValue(input);
  const expected = reference(c, x, weights, gradient);
  const readGates = () => memory.readRows(output.gateAddress, batch, channels, output.stride);
  memory.run("squeezeExcite", "Forward", memory.step(fields), parts);
  assertNear(readGates(), expected.gates, `gates in inference ${what}`);
  memory.floats(output.gateAddress, batch * output.stride).fill(NaN);
  const step = memory.step({ ...fields, gradients, saved, training: true });
  memory.run("squeezeExcite", "Forward", step, parts);
  assertNear(readGates(), expected.gates, `gates ${what}`);

  memory.run("squeezeExcite", "Backward", step, parts);
  for (const [index, values] of expected.gradients.entries()) {
    assertNear(memory.floats(gradients[index], sizes[index]), values, `gradient ${index} ${what}`);
  }
  if (inputMode === 0) {
    assertNear(memory.gradient(input), input.gradient!, `untouched input gradient ${what}`, 0);
    return;
  }
  const { stored, sums } = expectedGradient(input, expected.inputGradient, inputMode);
  assertNear(memory.gradient(input), stored, `input gradient ${what}`);
  assertNear(memory.sums(input), sums, `sums ${what}`);
}

for (const variant of ["relaxed", "simd"] as const) {
  Deno.test(`${variant} squeeze-and-excitation: gates and all gradients`, async () => {
    for (
      const c of [
        { batch: 4, height: 5, width: 7, channels: 13, squeezed: 3 },
        { batch: 2, height: 1, width: 1, channels: 1, squeezed: 1 },
        { batch: 5, height: 4, width: 4, channels: 72, squeezed: 18 },
      ]
    ) {
      const memory = await kernelMemory(variant, 64);
      for (const parts of [1, 3]) for (const mode of [0, 1, 2]) check(memory, c, parts, mode);
    }
  });
}

// The dense kernels against their definition in float64.
import { kernelMemory, type KernelVariant } from "./kernel_memory.ts";
import { assertNear, expectedGradient, randomCoefficients, randomFloats, readValue } from "./kernel_reference.ts";

const denseCases = [
  { batch: 1, channels: 1, units: 1, gated: false },
  { batch: 5, channels: 7, units: 10, gated: true },
  { batch: 64, channels: 40, units: 10, gated: false },
  { batch: 70, channels: 130, units: 100, gated: false },
  { batch: 3, channels: 1280, units: 1000, gated: false },
];

async function checkDense(
  { batch, channels, units, gated }: typeof denseCases[number],
  variant: KernelVariant,
  parts: number,
): Promise<void> {
  const memory = await kernelMemory(variant, 2048);
  const input = memory.value({
    batch,
    height: 1,
    width: 1,
    channels,
    raw: randomFloats(batch * channels, 4, 3),
    coefficients: randomCoefficients(channels, 5),
    activation: "relu6",
    gate: gated ? randomFloats(batch * channels, 6) : undefined,
    gradient: randomFloats(batch * channels, 7),
    parts: gated ? undefined : parts,
  });
  const g = randomFloats(batch * units, 1);
  const output = memory.value({ batch, height: 1, width: 1, channels: units, gradient: g });
  const weights = randomFloats(channels * units, 2), bias = randomFloats(units, 3);
  const parameters = [weights, bias].map((values) => memory.place(values));
  const gradients = [weights, bias].map((values) => memory.place(new Float32Array(values.length)));
  const step = memory.step({ batch, input, output, training: true, parameters, gradients, inputMode: 1 });
  const x = readValue(input);
  const logits = new Float64Array(batch * units), inputGradient = new Float64Array(batch * channels);
  const weightGradient = new Float64Array(weights.length), biasGradient = new Float64Array(units);
  for (let n = 0; n < batch; n++) {
    for (let u = 0; u < units; u++) {
      logits[n * units + u] = bias[u];
      biasGradient[u] += g[n * units + u];
      for (let c = 0; c < channels; c++) {
        logits[n * units + u] += x[n * channels + c] * weights[c * units + u];
        weightGradient[c * units + u] += x[n * channels + c] * g[n * units + u];
        inputGradient[n * channels + c] += weights[c * units + u] * g[n * units + u];
      }
    }
  }
  memory.run("dense", "Forward", step, parts);
  assertNear(memory.raw(output), logits, "logits");
  memory.run("dense", "Backward", step, parts);
  assertNear(memory.floats(gradients[0], weights.length), weightGradient, "weight gradient");
  assertNear(memory.floats(gradients[1], units), biasGradient, "bias gradient");
  const { stored, sums } = expectedGradient(input, inputGradient, 1);
  assertNear(memory.gradient(input), stored, "input gradient");
  if (!gated) assertNear(memory.sums(input), sums, "input gradient sums");
}

for (const test of denseCases) {
  for (const [variant, parts] of [["relaxed", 1], ["relaxed", 3], ["simd", 2]] as const) {
    const name = `dense, ${test.batch} x ${test.channels} to ${test.units}: ${variant}, ${parts} parts`;
    Deno.test(name, () => checkDense(test, variant, parts));
  }
}

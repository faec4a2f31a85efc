// Additions, subsampling and dropout.
import { assert, assertEquals } from "@std/assert";
import { checkOneInput, type Shape } from "./kernel_checks.ts";
import { type KernelMemory, kernelMemory } from "./kernel_memory.ts";
import { assertNear, expectedGradient, randomCoefficients, randomFloats, readValue } from "./kernel_reference.ts";

const state = { step: 7, seed: 42, momentum: 0 };

for (const variant of ["relaxed", "simd"] as const) {
  Deno.test(`${variant} subsampling keeps every second pixel and adds zero channels`, async () => {
    for (
      const [[height, width, channels], stride, outChannels] of [
        [[5, 7, 5], 2, 10],
        [[8, 8, 4], 2, 8],
        [[4, 3, 3], 1, 4],
        [[1, 1, 1], 2, 8],
        [[6, 6, 16], 2, 16],
      ] as [Shape, number, number][]
    ) {
      const batch = 2, outHeight = Math.ceil(height / stride), outWidth = Math.ceil(width / stride);
      const before = (outChannels - channels) >> 1;
      const forEachPair = (visit: (input: number, output: number) => void) => {
        for (let n = 0; n < batch; n++) {
          for (let y = 0; y < outHeight; y++) {
            for (let x = 0; x < outWidth; x++) {
              for (let channel = 0; channel < channels; channel++) {
                visit(
                  ((n * height + y * stride) * width + x * stride) * channels + channel,
                  ((n * outHeight + y) * outWidth + x) * outChannels + before + channel,
                );
              }
            }
          }
        }
      };
      checkOneInput(await kernelMemory(variant, 32), {
        ...{ op: "subsample", batch, input: [height, width, channels], output: [outHeight, outWidth, outChannels] },
        fields: { kernel: 1, step: stride },
        forward(x) {
          const y = new Float64Array(batch * outHeight * outWidth * outChannels);
          forEachPair((from, to) => y[to] = x[from]);
          return y;
        },
        backward(x, gradient) {
          const inputGradient = new Float64Array(x.length);
          forEachPair((to, from) => inputGradient[to] = gradient[from]);
          return inputGradient;
        },
      });
    }
  });

  Deno.test(`${variant} dropout is the identity outside training`, async () => {
    checkOneInput(await kernelMemory(variant, 32), {
      ...{ op: "dropout", batch: 3, input: [2, 3, 5], output: [2, 3, 5], fields: { rate: 0.5, state } },
      forward: (x) => x,
      backward: (_x, gradient) => Float64Array.from(gradient),
    });
  });
}

/** The factors that dropout applied in `direction`, from ones. */
function dropoutFactors(memory: KernelMemory, direction: "Forward" | "Backward", parts: number, fields = {}) {
  const spec = { batch: 6, height: 1, width: 7, channels: 250 };
  const ones = new Float32Array(6 * 7 * 250).fill(1);
  const input = memory.value({ ...spec, raw: ones, gradient: new Float32Array(ones.length) });
  const output = memory.value({ ...spec, gradient: ones });
  const step = memory.step({
    batch: 6,
    input,
    output,
    inputMode: 1,
    training: true,
    rate: 0.3,
    node: 5,
    state,
    ...fields,
  });
  memory.run("dropout", direction, step, parts);
  return direction === "Forward" ? memory.raw(output) : memory.gradient(input);
}

Deno.test("dropout drops its share, the same forward and backward and for any number of parts", async () => {
  const memory = await kernelMemory();
  const factors = dropoutFactors(memory, "Forward", 1);
  const dropped = factors.filter((factor) => factor === 0).length / factors.length;
  // 10,500 elements: a deviation of 0.0045.
  assert(Math.abs(dropped - 0.3) < 0.015, `dropped ${dropped}`);
  assertNear(
    factors.filter((factor) => factor !== 0),
    new Float32Array(factors.length).fill(1 / 0.7).slice(0, factors.filter((factor) => factor !== 0).length),
    "kept",
  );
  assertEquals(dropoutFactors(memory, "Backward", 1), factors);
  assertEquals(dropoutFactors(memory, "Forward", 3), factors);
  for (const other of [{ node: 6 }, { state: { ...state, step: 8 } }, { state: { ...state, seed: 43 } }]) {
    const differing = dropoutFactors(memory, "Forward", 1, other).filter((factor, i) => factor !== factors[i]).length;
    // Two independent masks differ in 2 * 0.3 * 0.7 of all places.
    assert(Math.abs(differing / factors.length - 0.42) < 0.02, `${JSON.stringify(other)}: ${differing}`);
  }
});

for (const variant of ["relaxed", "simd"] as const) {
  Deno.test(`${variant} addition of a branch and a shortcut, each with its own pending form`, async () => {
    for (const [batch, height, width, channels] of [[2, 5, 7, 5], [4, 18, 18, 8], [3, 1, 1, 1]]) {
      const memory = await kernelMemory(variant, 64);
      const count = batch * height * width * channels;
      const spec = { batch, height, width, channels };
      for (const parts of [1, 3]) {
        for (const [inputMode, otherMode] of [[1, 2], [2, 1], [0, 1], [1, 0]]) {
          const what = `${JSON.stringify(spec)} parts ${parts} modes ${inputMode}, ${otherMode}`;
          const input = memory.value({
            ...{ ...spec, parts, raw: randomFloats(count, 1, 4), gradient: randomFloats(count, 2) },
            coefficients: randomCoefficients(channels, 3),
          });
          const other = memory.value({
            ...{ ...spec, raw: randomFloats(count, 4, 4), gradient: randomFloats(count, 5), activation: "relu" },
          });
          if (inputMode === 2) memory.floats(input.sumsAddress, parts * 2 * input.stride).fill(0);
          const gradient = randomFloats(count, 6);
          const output = memory.value({ ...spec, activation: "relu", gradient });
          const step = memory.step({ batch, input, other, output, inputMode, otherMode, training: true, state });
          memory.run("add", "Forward", step, parts);
          const [x, y] = [readValue(input), readValue(other)];
          assertNear(memory.raw(output), x.map((value, i) => value + y[i]), `sum ${what}`);
          memory.run("add", "Backward", step, parts);
          for (const [value, mode] of [[input, inputMode], [other, otherMode]] as const) {
            const expected = mode === 0 ? value.gradient! : expectedGradient(value, gradient, mode).stored;
            assertNear(memory.gradient(value), expected, `gradient ${what}`);
          }
          if (inputMode !== 0) {
            assertNear(memory.sums(input), expectedGradient(input, gradient, inputMode).sums, `sums ${what}`);
          }
        }
      }
    }
  });
}

Deno.test("stochastic depth leaves out branches of whole images, forward as backward, and not in evaluation", async () => {
  const memory = await kernelMemory();
  const batch = 500, pixel = 8;
  const spec = { batch, height: 1, width: 2, channels: pixel / 2 };
  const ones = new Float32Array(batch * pixel).fill(1);
  const factorsOf = (training: boolean, parts: number) => {
    const input = memory.value({ ...spec, raw: ones, gradient: randomFloats(ones.length, 1) });
    const other = memory.value({ ...spec, gradient: new Float32Array(ones.length) });
    const output = memory.value({ ...spec, gradient: ones });
    const fields = { batch, input, other, output, inputMode: 1, otherMode: 1, training, rate: 0.25, node: 3, state };
    const step = memory.step(fields);
    memory.run("add", "Forward", step, parts);
    memory.run("add", "Backward", step, parts);
    const factors = memory.raw(output);
    assertEquals(memory.gradient(input), factors);
    assertEquals(memory.gradient(other), ones);
    for (const [i, factor] of factors.entries()) assertEquals(factor, factors[i - i % pixel], "one factor per image");
    return factors;
  };
  assertEquals(factorsOf(false, 1), ones);
  const factors = factorsOf(true, 1);
  assertEquals(factorsOf(true, 3), factors);
  assertEquals([...new Set(factors)].sort(), [0, Math.fround(1 / 0.75)]);
  const dropped = factors.filter((factor) => factor === 0).length / factors.length;
  assert(Math.abs(dropped - 0.25) < 0.06, `dropped ${dropped}`);
});

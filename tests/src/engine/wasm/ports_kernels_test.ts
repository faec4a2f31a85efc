import { kernelMemory, type ValueSpec } from "./kernel_memory.ts";
import {
  assertNear,
  beforeActivation,
  expectedGradient,
  randomCoefficients,
  randomFloats,
  readValue,
} from "./kernel_reference.ts";

const [batch, height, width, channels] = [3, 2, 5, 5];
const count = batch * height * width * channels;
const plain: ValueSpec = { batch, height, width, channels, raw: randomFloats(count, 1, 4) };
const normalised: ValueSpec = { ...plain, activation: "relu6", coefficients: randomCoefficients(channels, 2) };
const gated: ValueSpec = { ...normalised, gate: randomFloats(batch * channels, 3) };

for (
  const [kind, spec] of Object.entries({
    plain,
    normalised,
    gated,
    activated: { ...plain, activation: "relu" } as ValueSpec,
  })
) {
  Deno.test(`a port extracts a ${kind} value densely, also before its activation`, async () => {
    const memory = await kernelMemory();
    const value = memory.value(spec), scratch = memory.allocate(height * width * value.stride);
    const target = memory.place(new Float32Array(count + 1).fill(77));
    memory.kernels.extractPort(value.address, batch, 0, target, scratch);
    assertNear(memory.floats(target, count + 1), [...readValue(spec), 77], "value");
    memory.kernels.extractPort(value.address, batch, 1, target, scratch);
    const before = spec.raw!.map((_, index) => beforeActivation(spec, index));
    assertNear(memory.floats(target, count + 1), [...before, 77], "value before its activation");
  });

  Deno.test(`a port injects a gradient into a ${kind} value`, async () => {
    const memory = await kernelMemory();
    for (const before of kind === "gated" ? [0] : [0, 1]) {
      for (const [mode, parts] of [[1, 1], [1, 3], [2, 3]]) {
        const hasSums = kind === "normalised";
        const value = memory.value({ ...spec, gradient: randomFloats(count, 4), parts: hasSums ? parts : undefined });
        if (hasSums && mode === 2) memory.floats(value.sumsAddress, 2 * parts * value.stride).fill(0);
        const gradient = randomFloats(count, 5);
        const scratch = memory.place(new Float32Array(height * width * value.stride).fill(NaN));
        memory.kernels.injectPort(value.address, batch, before, memory.place(gradient), mode, scratch, parts);
        const reference = before ? { ...value, activation: "none" as const } : value;
        const { stored, sums } = expectedGradient(reference, gradient, mode);
        assertNear(memory.gradient(value), stored, `gradient, before ${before}, mode ${mode}`);
        if (hasSums) assertNear(memory.sums(value), sums, `sums, before ${before}, mode ${mode}`);
      }
    }
  });
}

Deno.test("rows are packed and unpacked", async () => {
  const memory = await kernelMemory();
  const dense = randomFloats(12 * 5, 1);
  const spread = memory.place(new Float32Array(12 * 8).fill(NaN)), back = memory.allocate(12 * 5);
  memory.kernels.unpackRows(12, 5, 8, memory.place(dense), spread);
  assertNear(memory.readRows(spread, 12, 5, 8), dense, "unpacked", 0);
  memory.kernels.packRows(12, 5, 8, spread, back);
  assertNear(memory.floats(back, 60), dense, "packed", 0);
});

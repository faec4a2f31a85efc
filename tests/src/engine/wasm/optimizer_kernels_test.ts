// Optimizers, the moving average and the quantiser of weights.
import { assertEquals } from "@std/assert";
import { type KernelMemory, kernelMemory } from "./kernel_memory.ts";
import { assertNear, randomFloats } from "./kernel_reference.ts";

const steps = 5;
const learningRate = 0.01;
const weightDecay = 0.1;

/** Runs `update` for some steps on `count` parameters; the kernels must not touch what lies behind them. */
function train(
  memory: KernelMemory,
  count: number,
  update: (addresses: number[], gradient: number, step: number) => void,
) {
  const guarded = (values: Float32Array) => memory.place([...values, 77]);
  const addresses = [guarded(randomFloats(count, 1)), ...[0, 1].map(() => guarded(new Float32Array(count)))];
  for (let step = 1; step <= steps; step++) update(addresses, memory.place(randomFloats(count, 10 + step)), step);
  for (const address of addresses) assertEquals(memory.floats(address, count + 1)[count], 77, "what lies behind");
  return memory.floats(addresses[0], count);
}

/** The same in float64, one parameter at a time: `rule` gives the change after decay. */
function expected(
  count: number,
  rule: (gradient: number, moments: Float64Array, step: number) => number,
): Float64Array {
  return Float64Array.from(randomFloats(count, 1), (start, index) => {
    const moments = new Float64Array(2);
    let parameter = start;
    for (let step = 1; step <= steps; step++) {
      const gradient = randomFloats(count, 10 + step)[index];
      parameter -= learningRate * weightDecay * parameter + rule(gradient, moments, step);
    }
    return parameter;
  });
}

for (const variant of ["relaxed", "simd"] as const) {
  for (const count of [1, 2, 3, 4, 7, 1001]) {
    Deno.test(`${variant} optimizers on ${count} parameters`, async () => {
      const memory = await kernelMemory(variant, 32);
      const { adam, sgd, rmsProp } = memory.kernels;
      assertNear(
        train(
          memory,
          count,
          ([parameters, first, second], gradient, step) =>
            adam(count, parameters, gradient, first, second, learningRate, 0.9, 0.999, 1e-8, step, weightDecay),
        ),
        expected(count, (g, moments, step) => {
          moments[0] = 0.9 * moments[0] + 0.1 * g;
          moments[1] = 0.999 * moments[1] + 0.001 * g * g;
          const root = Math.sqrt(moments[1] / (1 - 0.999 ** step));
          return learningRate * moments[0] / (1 - 0.9 ** step) / (root + 1e-8);
        }),
        "adam",
      );
      for (const nesterov of [0, 1]) {
        assertNear(
          train(
            memory,
            count,
            ([parameters, velocity], gradient) =>
              sgd(count, parameters, gradient, velocity, learningRate, 0.9, nesterov, weightDecay),
          ),
          expected(count, (g, moments) => {
            moments[0] = 0.9 * moments[0] + g;
            return learningRate * (nesterov ? g + 0.9 * moments[0] : moments[0]);
          }),
          `sgd, nesterov ${nesterov}`,
        );
      }
      assertNear(
        train(
          memory,
          count,
          ([parameters, square, velocity], gradient) =>
            rmsProp(count, parameters, gradient, square, velocity, learningRate, 0.9, 0.8, 1e-3, weightDecay),
        ),
        expected(count, (g, moments) => {
          moments[0] = 0.9 * moments[0] + 0.1 * g * g;
          moments[1] = 0.8 * moments[1] + learningRate * g / Math.sqrt(moments[0] + 1e-3);
          return moments[1];
        }),
        "rmsProp",
      );
    });
  }
}

Deno.test("the moving average keeps its share of the past", async () => {
  const memory = await kernelMemory();
  const [parameters, average] = [randomFloats(7, 1), randomFloats(7, 2)];
  const address = memory.place([...average, 77]);
  memory.kernels.movingAverage(7, memory.place(parameters), address, 0.75);
  assertNear(memory.floats(address, 7), average.map((past, i) => 0.75 * past + 0.25 * parameters[i]), "average");
  assertEquals(memory.floats(address, 8)[7], 77);
});

Deno.test("fake quantisation rounds to multiples of one scale, halves to even", async () => {
  const memory = await kernelMemory();
  const quantise = (values: number[], bits: number) => {
    const target = memory.place([...values.map(() => NaN), 77]);
    memory.kernels.fakeQuantise(values.length, memory.place(values), target, bits);
    assertEquals(memory.floats(target, values.length + 1)[values.length], 77);
    return [...memory.floats(target, values.length)];
  };
  // Three bits: levels -3 to 3 of scale 1.
  assertEquals(quantise([3, -3, 0.5, 1.5, 2.5, -0.5, -1.5, 0.4, 1.2], 3), [3, -3, 0, 2, 2, -0, -2, 0, 1]);
  assertEquals(quantise([0, 0, 0], 8), [0, 0, 0]);
  const weights = [...randomFloats(101, 3)];
  const scale = Math.max(...weights.map(Math.abs)) / 127;
  assertNear(quantise(weights, 8), weights.map((weight) => Math.round(weight / scale) * scale), "8 bits", 1e-6);
});

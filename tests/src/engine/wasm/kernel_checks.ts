// The check that all ops with one input, no parameters and a plain output have in common.
import type { KernelMemory, StepFields, ValueSpec } from "./kernel_memory.ts";
import { assertNear, expectedGradient, randomCoefficients, randomFloats, readValue } from "./kernel_reference.ts";

/** Height, width and channels. */
export type Shape = readonly [number, number, number];

export interface OneInputOp {
  op: string;
  batch: number;
  input: Shape;
  output: Shape;
  fields?: Partial<StepFields>;
  /** The output and, given its gradient, the input's, from the input's value. */
  forward(x: Float64Array): Float64Array;
  backward(x: Float64Array, gradient: Float32Array): Float64Array;
}

function count(batch: number, [height, width, channels]: Shape): number {
  return batch * height * width * channels;
}

function specOf(batch: number, [height, width, channels]: Shape) {
  return { batch, height, width, channels };
}

/** Inputs as an op may meet them: pending batch norm and activation, one also gated, one plain. */
function inputSpecs(batch: number, shape: Shape): ValueSpec[] {
  const channels = shape[2];
  const plain: ValueSpec = { ...specOf(batch, shape), raw: randomFloats(count(batch, shape), 1, 4) };
  const normalised: ValueSpec = { ...plain, activation: "relu6", coefficients: randomCoefficients(channels, 2) };
  return [plain, normalised, { ...normalised, gate: randomFloats(batch * channels, 3) }];
}

/** Runs both passes of `op` on several kinds of input, in 1 and 3 parts, writing and adding gradients. */
export function checkOneInput(memory: KernelMemory, check: OneInputOp): void {
  const { op, batch, fields = {} } = check;
  for (const spec of inputSpecs(batch, check.input)) {
    for (const parts of [1, 3]) {
      for (const inputMode of [0, 1, 2]) {
        const kind = spec.gate ? "gated" : spec.coefficients ? "normalised" : "plain";
        const what = `${op} ${check.input} batch ${batch} ${kind} parts ${parts} mode ${inputMode}`;
        const hasSums = kind === "normalised";
        const input = memory.value({
          ...spec,
          gradient: randomFloats(count(batch, check.input), 4),
          parts: hasSums ? parts : undefined,
        });
        if (hasSums && inputMode === 2) memory.floats(input.sumsAddress, parts * 2 * input.stride).fill(0);
        const gradient = randomFloats(count(batch, check.output), 5);
        const output = memory.value({ ...specOf(batch, check.output), gradient });
        memory.floats(output.rawAddress, batch * check.output[0] * check.output[1] * output.stride).fill(NaN);
        const step = memory.step({ batch, input, output, inputMode, ...fields });
        memory.run(op, "Forward", step, parts);
        const x = readValue(input);
        assertNear(memory.raw(output), check.forward(x), `output of ${what}`);
        memory.run(op, "Backward", step, parts);
        if (inputMode === 0) {
          assertNear(memory.gradient(input), input.gradient!, `untouched gradient of ${what}`, 0);
          continue;
        }
        const { stored, sums } = expectedGradient(input, check.backward(x, gradient), inputMode);
        assertNear(memory.gradient(input), stored, `gradient of ${what}`);
        if (hasSums) assertNear(memory.sums(input), sums, `sums of ${what}`);
      }
    }
  }
}

import { assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../../../src/engine/backend.ts";
import { assertClose, assertFiniteDifferences, runOn, type Values, values, withGradients } from "../numeric.ts";

await startBackend("wasm");

type Compute = (...tensors: tf.Tensor[]) => tf.Tensor;

interface Case {
  name: string;
  inputs: Values[];
  compute: Compute;
}

function convolutionCase(
  name: string,
  x: number[],
  filter: number[],
  stride: number | [number, number],
  pad: "same" | "valid" | number,
): Case {
  return {
    name: `conv ${name}`,
    inputs: [values(x, 1), values(filter, 2)],
    compute: (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad),
  };
}

function depthwiseCase(
  name: string,
  x: number[],
  kernel: [number, number],
  stride: number | [number, number],
  pad: "same" | "valid" | number,
): Case {
  return {
    name: `depthwise ${name}`,
    inputs: [values(x, 3), values([...kernel, x[3], 1], 4)],
    compute: (x, filter) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad),
  };
}

const cases: Case[] = [
  convolutionCase("1x1, 1 to 1 channel", [1, 1, 1, 1], [1, 1, 1, 1], 1, "same"),
  convolutionCase("1x1, odd sizes", [1, 5, 3, 3], [1, 1, 3, 10], 1, "same"),
  convolutionCase("1x1, many channels", [2, 5, 5, 20], [1, 1, 20, 12], 1, "same"),
  convolutionCase("1x1, more rows than a block", [3, 13, 11, 24], [1, 1, 24, 17], 1, "same"),
  convolutionCase("1x1, stride 2", [1, 5, 4, 3], [1, 1, 3, 9], 2, "same"),
  convolutionCase("3x3, stride 2, 1 channel", [2, 7, 7, 1], [3, 3, 1, 16], 2, "same"),
  convolutionCase("3x3, stride 2, even size", [1, 6, 8, 3], [3, 3, 3, 5], 2, "same"),
  convolutionCase("3x3, valid", [1, 6, 5, 3], [3, 3, 3, 4], 1, "valid"),
  convolutionCase("3x3, padding 2", [1, 3, 4, 2], [3, 3, 2, 4], 1, 2),
  convolutionCase("5x5 on a smaller image", [2, 3, 2, 3], [5, 5, 3, 10], 1, "same"),
  convolutionCase("2x3, strides 1 and 2", [1, 5, 6, 3], [2, 3, 3, 7], [1, 2], "same"),
  convolutionCase("3x3, more patches than a tile", [2, 12, 11, 3], [3, 3, 3, 8], 1, "same"),
  depthwiseCase("1 channel", [1, 4, 5, 1], [3, 3], 1, "same"),
  depthwiseCase("3x3, 3 channels", [2, 5, 5, 3], [3, 3], 1, "same"),
  depthwiseCase("3x3, 12 channels, wide rows", [1, 3, 11, 12], [3, 3], 1, "same"),
  depthwiseCase("3x3, stride 2, odd size", [2, 7, 5, 10], [3, 3], 2, "same"),
  depthwiseCase("3x3, stride 2, even size", [2, 6, 8, 20], [3, 3], 2, "same"),
  depthwiseCase("3x3, valid, stride 2", [1, 8, 7, 8], [3, 3], 2, "valid"),
  depthwiseCase("5x5 on a smaller image", [2, 2, 3, 9], [5, 5], 1, "same"),
  depthwiseCase("5x5, stride 2 on a smaller image", [1, 4, 3, 16], [5, 5], 2, "same"),
  depthwiseCase("7x7", [1, 9, 8, 4], [7, 7], 1, "same"),
  depthwiseCase("1x1, stride 2", [1, 5, 4, 6], [1, 1], 2, "same"),
  depthwiseCase("2x4, strides 1 and 2", [1, 5, 6, 5], [2, 4], [1, 2], "same"),
  depthwiseCase("3x3, padding 2", [1, 4, 3, 7], [3, 3], 1, 2),
  {
    name: "average pool 2x2, valid",
    inputs: [values([2, 6, 4, 10], 5)],
    compute: (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, "valid"),
  },
  {
    name: "average pool 3x3, same, stride 2",
    inputs: [values([2, 6, 5, 10], 5)],
    compute: (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, "same"),
  },
  {
    name: "average pool 5x5, same, larger than the image",
    inputs: [values([1, 3, 4, 3], 5)],
    compute: (x) => tf.avgPool(x as tf.Tensor4D, 5, 1, "same"),
  },
  ...([[false, false], [true, false], [false, true], [true, true]] as const).map(([left, right]): Case => ({
    name: `matrix product${left ? ", left transposed" : ""}${right ? ", right transposed" : ""}`,
    inputs: [values(left ? [5, 7] : [7, 5], 6), values(right ? [11, 5] : [5, 11], 7)],
    compute: (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, left, right),
  })),
  {
    name: "matrix product of batches",
    inputs: [values([3, 4, 5], 8), values([3, 5, 2], 9)],
    compute: (a, b) => tf.matMul(a, b),
  },
];

for (const { name, inputs, compute } of cases) {
  Deno.test(`${name}: forward and gradients equal the cpu backend's`, async () => {
    const expected = await runOn("cpu", inputs, withGradients(compute, 17));
    const actual = await runOn("wasm", inputs, withGradients(compute, 17));
    for (const [index, result] of actual.entries()) {
      assertClose(result, expected[index], { what: index === 0 ? "output" : `gradient of input ${index - 1}` });
    }
  });
}

// All are linear in each input, so a large step is exact.
const linear = { step: 0.5, tolerance: 1e-4 };

const differenced: Case[] = [
  convolutionCase("3x3, stride 2", [1, 5, 4, 3], [3, 3, 3, 5], 2, "same"),
  convolutionCase("1x1", [2, 3, 1, 3], [1, 1, 3, 10], 1, "same"),
  depthwiseCase("3x3", [1, 5, 3, 3], [3, 3], 1, "same"),
  depthwiseCase("5x5, stride 2", [2, 3, 4, 5], [5, 5], 2, "same"),
  {
    name: "average pool 3x3, same",
    inputs: [values([2, 5, 3, 3], 5)],
    compute: (x) => tf.avgPool(x as tf.Tensor4D, 3, 1, "same"),
  },
  {
    name: "average pool 3x3, same, stride 2",
    inputs: [values([1, 6, 5, 9], 5)],
    compute: (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, "same"),
  },
  {
    name: "matrix product",
    inputs: [values([3, 5], 6), values([5, 9], 7)],
    compute: (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
  },
];

for (const { name, inputs, compute } of differenced) {
  Deno.test(`${name}: gradients equal finite differences`, async () => {
    await assertFiniteDifferences(compute, inputs, linear);
  });
}

Deno.test("a forward convolution that our kernels do not cover is left to tfjs's own", async () => {
  const inputs = [values([1, 7, 7, 3], 1), values([3, 3, 3, 4], 2), values([3, 3, 3, 2], 3)];
  const compute = (x: tf.Tensor, filter: tf.Tensor, multiplied: tf.Tensor) => [
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", 2),
    tf.depthwiseConv2d(x as tf.Tensor4D, multiplied as tf.Tensor4D, 1, "same"),
  ];
  const expected = await runOn("cpu", inputs, compute);
  for (const [index, result] of (await runOn("wasm", inputs, compute)).entries()) assertClose(result, expected[index]);
});

Deno.test("a depthwise gradient with two outputs per channel is refused by name", async () => {
  await tf.setBackend("wasm");
  tf.tidy(() => {
    const x = tf.zeros([1, 4, 4, 3]) as tf.Tensor4D;
    const gradient = tf.grad((filter: tf.Tensor) => tf.depthwiseConv2d(x, filter as tf.Tensor4D, 1, "same"));
    assertThrows(
      () => gradient(tf.zeros([3, 3, 3, 2])),
      RangeError,
      "DepthwiseConv2dNativeBackpropFilter on wasm needs channelsLast and dilation 1, and one output per channel, " +
        "got channelsLast, dilation 1x1, 3 to 6 channels",
    );
  });
});

Deno.test("a vector is split into the same parts as on cpu, a matrix is left to tfjs's own kernel", async () => {
  const inputs = [values([11], 1), values([4, 3], 2)];
  const compute = (vector: tf.Tensor, matrix: tf.Tensor) => [
    ...tf.split(vector, [1, 0, 7, 3]),
    ...tf.split(matrix, 2),
  ];
  const expected = await runOn("cpu", inputs, compute);
  const parts = await runOn("wasm", inputs, compute);
  for (const [index, part] of parts.entries()) assertClose(part, expected[index]);
});

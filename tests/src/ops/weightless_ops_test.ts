// The ops without weights: every form against the float64 reference, on cpu and wasm, at odd shapes.
import { assertEquals, assertThrows } from "@std/assert";
import { countMultiplyAdds, countParameters } from "../../../src/ops/layout.ts";
import { opOf } from "../../../src/ops/table.ts";
import { type ArchitectureNode, architectureSchema } from "../../../src/schemas/architecture.ts";
import { assertClose, type Values, values } from "./values.ts";
import { referenceOf } from "../engine/reference/table.ts";
import { shapedLike, type Tensor, zeros, zerosLike } from "../engine/reference/tensor.ts";
import { gradientsOf, runForm, useBackend } from "./run_op.ts";

const nodes: ArchitectureNode[] = [
  { op: "add", inputs: [0, 1] },
  { op: "add", inputs: [0, 1], activation: "relu" },
  { op: "add", inputs: [0, 1], activation: "relu6", dropRate: 0 },
  { op: "maxPool", inputs: [0], kernel: 1, stride: 1 },
  { op: "maxPool", inputs: [0], kernel: 1, stride: 2 },
  { op: "maxPool", inputs: [0], kernel: 2, stride: 2 },
  { op: "maxPool", inputs: [0], kernel: 3, stride: 1 },
  { op: "maxPool", inputs: [0], kernel: 3, stride: 2 },
  { op: "maxPool", inputs: [0], kernel: 5, stride: 2 },
  { op: "subsample", inputs: [0], stride: 1, channels: 5 },
  { op: "subsample", inputs: [0], stride: 1, channels: 8 },
  { op: "subsample", inputs: [0], stride: 2, channels: 5 },
  { op: "subsample", inputs: [0], stride: 2, channels: 16 },
  { op: "dropout", inputs: [0], rate: 0 },
];
const shapes = [[1, 1, 1, 1], [1, 5, 7, 5], [2, 8, 8, 3], [3, 4, 5, 1]];

function referenceInput({ shape: [batch, height, width, channels], data }: Values): Tensor {
  return shapedLike(zeros(batch, height, width, channels), data);
}

function toValues({ batch, height, width, channels, data }: Tensor): Values {
  return { shape: [batch, height, width, channels], data: Float32Array.from(data) };
}

function inputsOf(node: ArchitectureNode, shape: number[]): Values[] {
  return node.inputs.map((_, index) => {
    const input = values(shape, 3 + index);
    return { ...input, data: input.data.map((value) => 5 * value) };
  });
}

function referenceResult(node: ArchitectureNode, inputs: Values[]) {
  const run = { parameters: [], statistics: [], training: true, kept: () => true, margin: () => {} };
  return referenceOf(node)(node, inputs.map(referenceInput), run);
}

for (const node of nodes) {
  const { op, inputs: _inputs, ...numbers } = node;
  Deno.test(`${op} ${JSON.stringify(numbers)}: all forms equal the reference on cpu and wasm`, async () => {
    for (const shape of shapes) {
      const inputs = inputsOf(node, shape);
      const expected = toValues(referenceResult(node, inputs).output);
      assertEquals(
        [shape[0], ...opOf(node).outputShape(node, inputs.map(({ shape }) => shape.slice(1)))],
        expected.shape,
      );
      for (const backend of ["cpu", "wasm"] as const) {
        await useBackend(backend);
        for (const form of ["train", "evaluate", "deployed"] as const) {
          assertClose(runForm(node, form, inputs), expected, { what: `${form} of [${shape}] on ${backend}` });
        }
      }
    }
  });

  Deno.test(`${op} ${JSON.stringify(numbers)}: the tape's gradients equal the reference's`, async () => {
    await useBackend("cpu");
    for (const shape of shapes) {
      const inputs = inputsOf(node, shape);
      const { output, backward } = referenceResult(node, inputs);
      const upstream = values(toValues(output).shape, 9);
      const expected = backward(referenceInput(upstream), zerosLike(output)).inputs;
      for (const [place, gradient] of gradientsOf(node, inputs, upstream).entries()) {
        assertClose(gradient, toValues(expected[place]), { what: `gradient ${place} of [${shape}]` });
      }
    }
  });
}

Deno.test("subsample by hand: first pixels of pairs, the odd zero channel behind", async () => {
  await useBackend("cpu");
  const input = { shape: [1, 3, 2, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const output = runForm({ op: "subsample", inputs: [0], stride: 2, channels: 4 }, "deployed", [input]);
  assertEquals(output, { shape: [1, 2, 1, 4], data: Float32Array.of(0, 1, 0, 0, 0, 5, 0, 0) });
});

Deno.test("the tape refuses what only engines draw at random; evaluation needs nothing drawn", async () => {
  await useBackend("cpu");
  const input = values([1, 2, 2, 3], 1);
  const dropout: ArchitectureNode = { op: "dropout", inputs: [0], rate: 0.5 };
  const add: ArchitectureNode = { op: "add", inputs: [0, 1], dropRate: 0.1 };
  assertThrows(() => runForm(dropout, "train", [input]), RangeError, "the rate must be 0 there, got 0.5");
  assertThrows(() => runForm(add, "train", [input, input]), RangeError, "no stochastic depth");
  assertEquals(runForm(dropout, "evaluate", [input]), input);
  assertClose(runForm(add, "deployed", [input, input]), { ...input, data: input.data.map((value) => 2 * value) });
});

Deno.test("fewer channels than the input's, and inputs that are no images, are refused", () => {
  const subsample: ArchitectureNode = { op: "subsample", inputs: [0], stride: 2, channels: 3 };
  assertThrows(() => opOf(subsample).outputShape(subsample, [[4, 4, 5]]), RangeError, "its input's 5 channels, got 3");
  for (const node of nodes.filter(({ op }) => op === "maxPool" || op === "subsample")) {
    assertThrows(() => opOf(node).outputShape(node, [[3]]), RangeError, `${node.op} takes one input`);
  }
  const dropout: ArchitectureNode = { op: "dropout", inputs: [0, 0], rate: 0 };
  assertThrows(() => opOf(dropout).outputShape(dropout, [[3], [3]]), RangeError, "dropout takes one input");
});

Deno.test("ops without weights add neither parameters nor multiply-adds", () => {
  const base: ArchitectureNode[] = [{ op: "globalAveragePool", inputs: [-1] }, { op: "dense", inputs: [0], units: 3 }];
  const more: ArchitectureNode[] = [
    { op: "subsample", inputs: [-1], stride: 1, channels: 5 },
    { op: "maxPool", inputs: [0], kernel: 3, stride: 1 },
    { op: "add", inputs: [1, 0], activation: "relu", dropRate: 0.2 },
    { op: "globalAveragePool", inputs: [2] },
    { op: "dropout", inputs: [3], rate: 0.2 },
    { op: "dense", inputs: [4], units: 3 },
  ];
  const network = (nodes: ArchitectureNode[]) =>
    architectureSchema.parse({ version: 1, input: { height: 6, width: 6, channels: 5 }, classes: 3, nodes });
  for (const count of [countParameters, countMultiplyAdds]) assertEquals(count(network(more)), count(network(base)));
});

Deno.test("rates from 0 to below 1 alone are accepted", () => {
  const network = (node: object) => ({
    version: 1,
    input: { height: 2, width: 2, channels: 1 },
    classes: 2,
    nodes: [node, { op: "globalAveragePool", inputs: [0] }, { op: "dense", inputs: [1], units: 2 }],
  });
  const accepts = (node: object) => architectureSchema.safeParse(network(node)).success;
  for (const rate of [0, 0.5, 0.99]) assertEquals(accepts({ op: "dropout", inputs: [-1], rate }), true);
  for (const rate of [-0.1, 1, NaN]) {
    assertEquals(accepts({ op: "dropout", inputs: [-1], rate }), false);
    assertEquals(accepts({ op: "add", inputs: [-1, -1], dropRate: rate }), false);
  }
});

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import type { Weights } from "../../../src/engine/network.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { countMultiplyAdds, countParameters, layoutOf } from "../../../src/ops/layout.ts";
import { kernelsOf, kernelValues } from "../../../src/quantisation/kernels.ts";
import { predictLogits } from "../../../src/training/evaluate.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";
import { pruning } from "../../../src/procedures/pruning.ts";
import { channelGroups, keptChannels, pruneFilters } from "../../../src/procedures/pruning_filters.ts";
import { applyMask, kernelSparsity, magnitudeMask } from "../../../src/procedures/pruning_masks.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import {
  barTeacher,
  contextOf,
  data,
  dataset,
  reference,
  smallStudent,
  variedStudents,
} from "./compression_fixtures.ts";

const engine = await startWasmEngine();

async function logitsOf(architecture: Architecture, weights: Weights): Promise<Float32Array> {
  const predictor = await buildPredictor(architecture, { engine, weights });
  const logits = await predictLogits(predictor, data, dataset.train, data.validation.subarray(0, 10));
  predictor.dispose();
  return logits;
}

Deno.test("a mask leaves out the share that it is to, to within one weight, the smallest ones", () => {
  const { parameters } = initialiseWeights(reference, 1);
  for (const sparsity of [0, 0.3, 0.5, 0.901]) {
    const masked = parameters.slice();
    const mask = magnitudeMask(reference, parameters, { sparsity, scope: "network" });
    applyMask(mask, masked);
    const kernels = kernelsOf(reference);
    const count = kernels.reduce((sum, { size }) => sum + size, 0);
    assertAlmostEquals(kernelSparsity(reference, masked) * count, sparsity * count, 1);
    let largestGone = 0;
    let smallestLeft = Infinity;
    for (const { offset, size } of kernels) {
      for (let i = offset; i < offset + size; i++) {
        const magnitude = Math.abs(parameters[i]);
        if (mask[i] === 0) largestGone = Math.max(largestGone, magnitude);
        else smallestLeft = Math.min(smallestLeft, magnitude);
      }
    }
    assert(largestGone <= smallestLeft);
  }
});

Deno.test("a mask by layer leaves out the same share of each kernel and nothing of batch norm", () => {
  const { parameters } = initialiseWeights(smallStudent, 1);
  const mask = magnitudeMask(smallStudent, parameters, { sparsity: 0.25, scope: "layer" });
  let inKernels = 0;
  for (const kernel of kernelsOf(smallStudent)) {
    const gone = mask.subarray(kernel.offset, kernel.offset + kernel.size).reduce((sum, kept) => sum + 1 - kept, 0);
    assertAlmostEquals(gone, kernel.size / 4, 1);
    inKernels += gone;
  }
  assertEquals(mask.reduce((sum, kept) => sum + 1 - kept, 0), inKernels);
  assertThrows(() => magnitudeMask(smallStudent, parameters, { sparsity: 1, scope: "layer" }), RangeError, "sparsity");
});

Deno.test("channels that are added are one group, images and logits are none", () => {
  const groups = channelGroups(smallStudent);
  assertEquals(groups.map(({ nodes }) => nodes), [[0], [1, 2, 3], [4, 5, 6, 7]]);
  assertEquals(groups.map(({ producers }) => producers), [[0], [1], [4, 5]]);
});

Deno.test("channels that a shortcut pads are left alone", () => {
  const nodes: Architecture["nodes"] = [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 8, activation: "relu" },
    { op: "conv", inputs: [0], kernel: 3, stride: 2, filters: 6, activation: "relu" },
    { op: "conv", inputs: [1], kernel: 3, stride: 1, filters: 12, activation: "none" },
    { op: "subsample", inputs: [0], stride: 2, channels: 12 },
    { op: "add", inputs: [2, 3] },
    { op: "globalAveragePool", inputs: [4] },
    { op: "dense", inputs: [5], units: 3 },
  ];
  const padded: Architecture = { ...smallStudent, nodes };
  assertEquals(channelGroups(padded).map(({ nodes }) => nodes), [[1]]);
  const pruned = pruneFilters(padded, initialiseWeights(padded, 1), 0.5);
  assertEquals(layoutOf(pruned.architecture).nodes.map(({ outputShape }) => outputShape.at(-1)), [
    8,
    3,
    12,
    12,
    12,
    12,
    3,
  ]);
});

Deno.test("a network without filters gives what one does whose filters are zero", async () => {
  const teacher = teacherArchitecture({ ...dataset, classes: 3 });
  for (const [index, architecture] of [smallStudent, reference, teacher, ...variedStudents()].entries()) {
    const weights = initialiseWeights(architecture, index, { randomStatistics: true });
    const zeroed = { ...weights, parameters: weights.parameters.slice() };
    const { nodes } = layoutOf(architecture);
    for (const group of channelGroups(architecture)) {
      const kept = new Set(keptChannels(architecture, weights, group, 0.4));
      for (const node of group.nodes) {
        // A filter without its batch norm gives nothing but zeros.
        for (const weight of nodes[node].parameters.filter(({ name }) => name === "gamma" || name === "beta")) {
          const values = kernelValues(zeroed.parameters, weight);
          for (let channel = 0; channel < group.channels; channel++) if (!kept.has(channel)) values[channel] = 0;
        }
      }
    }
    const pruned = pruneFilters(architecture, weights, 0.4);
    assert(countParameters(pruned.architecture) < 0.75 * countParameters(architecture));
    assert(countMultiplyAdds(pruned.architecture) < countMultiplyAdds(architecture));
    const expected = await logitsOf(architecture, zeroed);
    const actual = await logitsOf(pruned.architecture, pruned.weights);
    const largest = Math.max(...expected.map(Math.abs));
    for (const [i, value] of expected.entries()) assertAlmostEquals(actual[i], value, 1e-4 * Math.max(1, largest));
  }
});

Deno.test("kernels of hundreds of thousands of values lose filters too", () => {
  const nodes: Architecture["nodes"] = [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 256, activation: "relu" },
    { op: "conv", inputs: [0], kernel: 3, stride: 2, filters: 256, activation: "relu" },
    { op: "globalAveragePool", inputs: [1] },
    { op: "dense", inputs: [2], units: 3 },
  ];
  const wide: Architecture = { ...smallStudent, nodes };
  const weights = initialiseWeights(wide, 1);
  const pruned = pruneFilters(wide, weights, 0.1);
  assertEquals(pruned.weights.parameters.length, countParameters(pruned.architecture));
  const [, kernel] = kernelsOf(pruned.architecture);
  assertEquals(kernel.size, 3 * 3 * 230 * 230);
  // A filter that stays is among those that were there.
  const [, whole] = kernelsOf(wide);
  const last = kernelValues(pruned.weights.parameters, kernel).at(-1);
  assert(kernelValues(weights.parameters, whole).includes(last ?? NaN));
});

Deno.test("pruning nothing changes nothing", () => {
  const weights = initialiseWeights(reference, 2, { randomStatistics: true });
  const pruned = pruneFilters(reference, weights, 0);
  assertEquals(pruned.architecture, reference);
  assertEquals(pruned.weights, weights);
});

Deno.test("pruned weights stay zero while the rest is trained, and the student still knows the bars", async () => {
  const context = await contextOf({ engine });
  const steps: number[] = [];
  const result = await pruning.create(pruning.options.parse({ sparsity: 0.6, scope: "network" }))
    .run({ ...context, onStep: (step, all) => steps.push(step / all) });
  assertAlmostEquals(kernelSparsity(smallStudent, result.weights.parameters), 0.6, 1e-3);
  assertEquals(result.steps, 6 * 15);
  assertEquals(Math.max(...steps), 1);
  assert(Number(result.details.accuracy) > 0.9, JSON.stringify(result.details));
});

Deno.test("filters go with the network's size, and the rest is trained by a teacher or from scratch", async () => {
  const teacher = await barTeacher(engine);
  const context = await contextOf({ engine, teachers: [teacher] });
  const create = (options: object) => pruning.create(pruning.options.parse({ kind: "filter", ...options }));
  const tuned = await create({}).run(context);
  const scratch = await create({ from: "scratch" }).run(context);
  teacher.dispose();
  for (const { architecture, weights, details } of [tuned, scratch]) {
    assertEquals(weights.parameters.length, countParameters(architecture));
    assert(countParameters(architecture) < 0.6 * countParameters(smallStudent));
    assert(Number(details.accuracy) > 0.8, JSON.stringify(details));
  }
  assertEquals(tuned.architecture, scratch.architecture);
  assertEquals(scratch.steps, 2 * tuned.steps);
});

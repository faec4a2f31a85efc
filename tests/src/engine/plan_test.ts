import { assert, assertEquals, assertThrows } from "@std/assert";
import { placeBuffers } from "../../../src/engine/memory_plan.ts";
import { type BufferIndex, compilePlan, type Plan, type PlanOptions, type Value } from "../../../src/engine/plan.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import {
  featureExamples,
  frozenExamples,
  graphExamples,
  inferenceExamples,
} from "../../contracts/network/graph_examples.ts";
import { opExamples, readingExamples } from "../../contracts/network/op_examples.ts";
import { everyOpNetwork } from "./every_op_network.ts";

const examples = [opExamples, readingExamples, graphExamples, featureExamples, frozenExamples, inferenceExamples]
  .flat();

function planOf(example: { architecture: Architecture } & Partial<PlanOptions>): Plan {
  const { architecture, ...options } = example;
  return compilePlan(architecture, { batchSize: 4, mode: "training", ...options });
}

const plans = examples.map((example) => ({ name: example.name, plan: planOf(example) }));

function present(...buffers: (BufferIndex | undefined)[]): BufferIndex[] {
  return buffers.filter((buffer) => buffer !== undefined);
}

/** What a reader of a value needs: it applies batch norm and gate itself. */
function toRead({ raw, coefficients, gate }: Value): BufferIndex[] {
  return present(raw, coefficients, gate);
}

/** What a writer of a value's gradient needs: it masks by the activation, which takes the value. */
function toWriteGradient({ raw, coefficients, gradient, gradientSums }: Value): BufferIndex[] {
  return present(raw, coefficients, gradient, gradientSums);
}

/** Buffers that each step reads or writes, forward then backward, from what the kernels do. */
function touchedBySteps({ forward, backward }: Plan): BufferIndex[][] {
  return [
    ...forward.map((step) =>
      step.kind === "extract"
        ? [...toRead(step.port.value), step.port.buffer]
        : [...step.node.inputs.flatMap(toRead), ...toRead(step.node.output), ...Object.values(step.node.saved)]
    ),
    ...backward.map((step) => {
      if (step.kind === "inject") return present(step.port.gradient, ...toWriteGradient(step.port.value));
      const { inputs, output, saved } = step.node;
      const written = inputs.filter((_, place) => step.inputGradients[place] !== "skip").flatMap(toWriteGradient);
      return [...toWriteGradient(output), ...inputs.flatMap(toRead), ...written, ...Object.values(saved)];
    }),
  ];
}

Deno.test("a buffer lives from the first step that touches it to the last", () => {
  for (const { name, plan } of plans) {
    const steps = touchedBySteps(plan);
    for (const [index, buffer] of plan.buffers.entries()) {
      const touching = steps.flatMap((touched, position) => (touched.includes(index) ? [position] : []));
      if (buffer.first === -1 && buffer.last === Infinity) continue;
      assert(touching.length > 0, `${name}: nothing touches ${buffer.name}`);
      assertEquals(
        [buffer.first, buffer.last],
        [touching[0], touching[touching.length - 1]],
        `${name}: ${buffer.name}`,
      );
    }
  }
});

Deno.test("what outlives a pass lives always: images, logits, ports and their gradients, sums, gates, coefficients", () => {
  for (const { name, plan } of plans) {
    const lasting = [
      plan.images.raw,
      plan.images.gradient,
      ...Object.values(plan.ports).flatMap(({ buffer, gradient }) => [buffer, gradient]),
      ...plan.nodes.flatMap(({ output, saved }) => [
        output.coefficients,
        output.gate,
        output.gradientSums,
        ...Object.values(saved),
      ]),
    ];
    for (const index of present(...lasting)) {
      const { first, last, name: buffer } = plan.buffers[index];
      assertEquals([first, last], [-1, Infinity], `${name}: ${buffer}`);
    }
  }
});

Deno.test("the first to bring a gradient writes, others add, and it is complete before it is used", () => {
  for (const { name, plan } of plans) {
    const begun = new Set<BufferIndex>(), used = new Set<BufferIndex>();
    const { logits } = plan.ports;
    if (logits.gradient !== undefined) begun.add(logits.gradient);
    const bring = (value: Value, mode: string) => {
      const { gradient } = value;
      assert(gradient !== undefined, `${name}: a gradient is brought to a value that has none`);
      assertEquals(mode, begun.has(gradient) ? "add" : "write", name);
      assert(!used.has(gradient), `${name}: a gradient is brought after it was used`);
      begun.add(gradient);
    };
    for (const step of plan.backward) {
      if (step.kind === "inject") {
        bring(step.port.value, step.mode);
        continue;
      }
      const { gradient } = step.node.output;
      assert(gradient !== undefined && begun.has(gradient), `${name}: a gradient is used that nothing wrote`);
      used.add(gradient);
      for (const [place, mode] of step.inputGradients.entries()) {
        if (mode !== "skip") bring(step.node.inputs[place], mode);
      }
    }
  }
});

Deno.test("every forward step reads what earlier ones wrote", () => {
  for (const { name, plan } of plans) {
    const written = new Set([plan.images.raw]);
    for (const step of plan.forward) {
      const inputs = step.kind === "node" ? step.node.inputs : [step.port.value];
      for (const { raw } of inputs) assert(written.has(raw), `${name}: ${plan.buffers[raw].name} is read too early`);
      if (step.kind === "node") written.add(step.node.output.raw);
    }
    assertEquals(plan.forward.filter(({ kind }) => kind === "node").length, plan.nodes.length, name);
  }
});

const trainedLast = (node: number) => node === everyOpNetwork.nodes.length - 1;

function nodesBack(options: Partial<PlanOptions>): number[] {
  return planOf({ architecture: everyOpNetwork, ...options }).backward.flatMap((step) =>
    step.kind === "node" ? [step.node.index] : []
  );
}

Deno.test("the backward pass goes no further than something is wanted, and no gradient has a buffer in vain", () => {
  const all = everyOpNetwork.nodes.map((_, index) => index).reverse();
  assertEquals(nodesBack({}), all);
  assertEquals(nodesBack({ trainable: trainedLast }), [14]);
  assertEquals(nodesBack({ trainable: () => false }), []);
  assertEquals(nodesBack({ trainable: () => false, imageGradient: true }), all);
  assertEquals(nodesBack({ mode: "inference" }), []);
  // A gradient at "gated" alone reaches what leads to it.
  assertEquals(nodesBack({ features: ["gated"], gradients: ["gated"] }), [3, 2, 1, 0]);
  // Behind a trained node 4, the shortcut of the sum needs nothing.
  assertEquals(nodesBack({ trainable: (node) => node === 4, features: ["sum"], gradients: ["sum"] }), [5, 4]);
  for (const { name, plan } of plans) {
    for (const { output } of plan.nodes) {
      if (output.gradient === undefined) continue;
      const isUsed = plan.backward.some((step) =>
        step.kind === "node" && step.node.output.gradient === output.gradient
      );
      assert(
        isUsed || output.gradient === plan.ports.logits.gradient,
        `${name}: ${plan.buffers[output.gradient].name}`,
      );
    }
  }
});

Deno.test("an input whose gradient nobody wants is skipped", () => {
  const { backward } = planOf({ architecture: everyOpNetwork, trainable: (node) => node >= 4 });
  const modes = backward.flatMap((step) => (step.kind === "node" ? [[step.node.index, ...step.inputGradients]] : []));
  assertEquals(modes.slice(-2), [[5, "write", "skip"], [4, "skip"]]);
});

Deno.test("gates share their input's memory; sums belong to values with batch norm, once", () => {
  const { nodes } = planOf({ architecture: everyOpNetwork });
  const [, , depthwise, gated] = nodes.map(({ output }) => output);
  assertEquals([gated.raw, gated.coefficients], [depthwise.raw, depthwise.coefficients]);
  assert(gated.gate !== undefined && gated.gradient !== depthwise.gradient);
  for (const { output, node } of nodes) {
    const hasBatchNorm = node.op === "conv" || node.op === "depthwiseConv";
    assertEquals(output.gradientSums !== undefined, hasBatchNorm, node.op);
  }
});

Deno.test("in inference nothing is kept for a backward pass", () => {
  const { nodes, backward, ports, images } = planOf({ architecture: everyOpNetwork, mode: "inference" });
  assertEquals(backward, []);
  assertEquals([ports.logits.gradient, images.gradient], [undefined, undefined]);
  assert(nodes.every(({ trainable, saved, output }) => !trainable && !output.gradient && !Object.keys(saved).length));
});

function floatsOf({ buffers }: Plan): { shared: number; whole: number } {
  const sizes = buffers.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
  const lifetimes = buffers.map(({ first, last }, index) => ({ floats: sizes[index], first, last }));
  return { shared: placeBuffers(lifetimes).floats, whole: sizes.reduce((sum, size) => sum + size, 0) };
}

for (const mode of ["training", "inference"] as const) {
  Deno.test(`a published network compiles for ${mode}, in little more memory than it needs at once`, () => {
    const size = { height: 224, width: 224, channels: 3, classes: 1000 };
    const architecture = createSpace("mnas", { ...size, form: "imagenet" }).reference(1);
    const plan = compilePlan(architecture, { batchSize: 2, mode });
    assertEquals(plan.forward.length, architecture.nodes.length);
    assertEquals(plan.backward.length, mode === "training" ? architecture.nodes.length : 0);
    const { shared, whole } = floatsOf(plan);
    const share = mode === "training" ? 0.65 : 0.25;
    assert(shared < share * whole, `${shared} of ${whole} floats`);
    if (mode === "inference") return;
    // Gradients of layers far apart are never alive together.
    const gradients = plan.nodes.flatMap(({ output: { gradient } }) =>
      gradient === undefined ? [] : plan.buffers[gradient]
    )
      .filter(({ last }) => last !== Infinity);
    const apart = gradients.filter((a) => gradients.some((b) => a.last < b.first));
    assert(apart.length > gradients.length / 2, `${apart.length} of ${gradients.length}`);
  });
}

Deno.test("ports that do not exist, or cannot be, are refused", () => {
  const compile = (options: Partial<PlanOptions>) => () => planOf({ architecture: everyOpNetwork, ...options });
  const message = 'no feature "nowhere"; there are stem, gated, sum, embedding, each also as TAP:before';
  assertThrows(compile({ features: ["nowhere"] }), RangeError, message);
  assertThrows(compile({ features: ["stem:after"] }), RangeError, 'no feature "stem:after"');
  assertThrows(compile({ features: ["gated:before"] }), RangeError, "a squeezeExcite node has no activation");
  assertThrows(compile({ gradients: ["stem"] }), RangeError, 'gradients of "stem" were asked for');
  assertThrows(compile({ features: ["stem"], gradients: ["stem:before"] }), RangeError, 'gradients of "stem:before"');
  for (const batchSize of [0, -1, 1.5, NaN]) {
    assertThrows(compile({ batchSize }), RangeError, `the batch size must be at least 1, got ${batchSize}`);
  }
});

Deno.test("a tap on the last node is the logits: their gradient is given once", () => {
  const nodes = everyOpNetwork.nodes.map((node, index) => (index === 14 ? { ...node, tap: "last" } : node));
  const architecture = { ...everyOpNetwork, nodes };
  const options = { architecture, features: ["last"] };
  assertThrows(() => planOf({ ...options, gradients: ["logits", "last"] }), RangeError, 'the gradient of "last"');
  const { backward } = planOf({ ...options, gradients: ["last"] });
  assertEquals(backward.slice(0, 2).map(({ kind }) => kind), ["inject", "node"]);
});

Deno.test("a gate on a gate is refused", () => {
  const nodes = everyOpNetwork.nodes.slice();
  nodes[4] = { op: "squeezeExcite", inputs: [3], squeezeChannels: 2 };
  assertThrows(
    () => planOf({ architecture: { ...everyOpNetwork, nodes: [...nodes.slice(0, 5), ...tail] } }),
    RangeError,
    "node 4: a squeezeExcite node cannot read another squeezeExcite node",
  );
});

const tail: Architecture["nodes"] = [
  { op: "globalAveragePool", inputs: [4] },
  { op: "dense", inputs: [5], units: 4 },
];

Deno.test("a tap called logits cannot be asked for as a feature", () => {
  const nodes = everyOpNetwork.nodes.map((node, index) => (index === 0 ? { ...node, tap: "logits" } : node));
  const options = { batchSize: 2, mode: "training", features: ["logits"] } as const;
  assertThrows(() => compilePlan({ ...everyOpNetwork, nodes }, options), RangeError, "logits");
});

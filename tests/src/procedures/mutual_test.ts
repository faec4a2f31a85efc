import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Engine, Network } from "../../../src/engine/network.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { mutual } from "../../../src/procedures/mutual.ts";
import { mutualLoss } from "../../../src/procedures/mutual_loss.ts";
import { divergence } from "../../../src/procedures/probabilities.ts";
import { DivergedError } from "../../../src/training/train_steps.ts";
import { barContext, barTeacher, countingEngine, student, trainedBy } from "./bars.ts";

const engine = await startWasmEngine();

const first = Float32Array.of(0.7, 0.2, 0.1);
const second = Float32Array.of(0.5, 0.3, 0.2);
const logitsOf = (...rows: Float32Array[]) => Float32Array.from(rows.flatMap((row) => [...row.map(Math.log)]));

Deno.test("the divergences of two networks are those worked out by hand", () => {
  assertAlmostEquals(divergence(second, first), 0.09203, 1e-5);
  assertAlmostEquals(divergence(first, second), 0.08512, 1e-5);
  assertEquals(divergence(first, first), 0);
});

const defaults = { labels: [0], target: "peers", weight: 1 } as const;

Deno.test("the loss of each of two networks is its cross-entropy and the divergence from the other", () => {
  const [one, two] = [logitsOf(first), logitsOf(second)];
  assertAlmostEquals(mutualLoss({ ...defaults, own: one, peers: [two] }).loss, -Math.log(0.7) + 0.09203, 1e-5);
  assertAlmostEquals(mutualLoss({ ...defaults, own: two, peers: [one] }).loss, -Math.log(0.5) + 0.08512, 1e-5);
  // Networks that agree learn from the labels alone, whichever the target.
  for (const target of ["peers", "ensemble"] as const) {
    const { loss } = mutualLoss({ ...defaults, target, own: one, peers: [one, one] });
    assertAlmostEquals(loss, -Math.log(0.7), 1e-6);
  }
});

Deno.test("the loss of a network that is as sure as can be of another class is finite", () => {
  const own = Float32Array.of(0, 110, 0);
  for (const target of ["peers", "ensemble"] as const) {
    const { loss, gradient } = mutualLoss({ ...defaults, target, own, peers: [own] });
    assertAlmostEquals(loss, 110, 1e-9);
    assertEquals([...gradient], [-1, 1, 0]);
  }
  // A peer that is as sure of the label: 110 of the labels, 110 of the divergence.
  const { loss } = mutualLoss({ ...defaults, own, peers: [Float32Array.of(110, 0, 0)] });
  assertAlmostEquals(loss, 220, 1e-9);
});

Deno.test("of several peers the loss takes the mean divergence, mean over the batch", () => {
  const third = Float32Array.of(0.2, 0.2, 0.6);
  const { loss } = mutualLoss({
    ...defaults,
    labels: [0, 2],
    weight: 3,
    own: logitsOf(first, second),
    peers: [logitsOf(second, first), logitsOf(third, third)],
  });
  const mean = (divergence(second, first) + divergence(third, first)) / 2;
  const other = (divergence(first, second) + divergence(third, second)) / 2;
  assertAlmostEquals(loss, (-Math.log(0.7) - Math.log(0.2) + 3 * (mean + other)) / 2, 1e-5);
});

Deno.test("the gradient is that of finite differences with constant peers and a constant ensemble", () => {
  const own = Float32Array.of(0.3, -0.8, 1.2, 0.1, 0.5, -0.4);
  const peers = [Float32Array.of(1, 0, -1, 0.2, 0.2, 0.9), Float32Array.of(-0.3, 0.6, 0.6, 2, 0, 0)];
  for (const labels of [[0, 2], [1, 1]]) {
    const { gradient } = mutualLoss({ labels, target: "peers", weight: 0.7, own, peers });
    const at = (index: number, by: number) =>
      mutualLoss({
        labels,
        target: "peers",
        weight: 0.7,
        own: own.map((value, place) => place === index ? value + by : value),
        peers,
      }).loss;
    for (const [index, value] of gradient.entries()) {
      assertAlmostEquals(value, (at(index, 1e-2) - at(index, -1e-2)) / 2e-2, 1e-4);
    }
    // The ensemble holds the network itself, constant as a target: its pull is that of the peers times (K - 1) / K.
    const plain = mutualLoss({ labels, target: "peers", weight: 0, own, peers }).gradient;
    const ensemble = mutualLoss({ labels, target: "ensemble", weight: 0.7, own, peers }).gradient;
    for (const [index, value] of ensemble.entries()) {
      assertAlmostEquals(value - plain[index], 2 / 3 * (gradient[index] - plain[index]), 1e-6);
    }
  }
});

/** `engine` whose networks tell of their calls, by their number. */
function listening(heard: string[], logits: Map<number, Float32Array>, given: Float32Array[]): Engine {
  let networks = 0;
  return {
    backend: engine.backend,
    description: engine.description,
    dispose() {},
    async compile(architecture, options) {
      const network = await engine.compile(architecture, options);
      const number = ++networks;
      return new Proxy(network, {
        get(target, name: keyof Network) {
          const value = target[name];
          if (typeof value !== "function") return value;
          return (...parameters: unknown[]) => {
            if (["forward", "backward", "update"].includes(name)) heard.push(`${name} ${number}`);
            if (name === "backward") given.push((parameters[0] as { logits: Float32Array }).logits);
            const result = (value as (...parameters: unknown[]) => unknown).apply(target, parameters);
            if (name !== "read") return result;
            return (result as Promise<Float32Array>).then((values) => {
              logits.set(number, values);
              return values;
            });
          };
        },
      });
    },
  };
}

Deno.test("networks are updated in turn, and say anew what they think before the next one learns", async () => {
  const heard: string[] = [];
  const given: Float32Array[] = [];
  const logits = new Map<number, Float32Array>();
  const abort = new AbortController();
  const context = barContext(listening(heard, logits, given), {
    signal: abort.signal,
    onStep: () => abort.abort(new Error("enough")),
  });
  const procedure = mutual.create(mutual.options.parse({}));
  await assertRejects(() => procedure.run(context), Error, "enough");
  assertEquals(heard, [
    "forward 1",
    "forward 2",
    "backward 1",
    "update 1",
    "forward 1",
    "backward 2",
    "update 2",
  ]);
  // What reached the second network is its gradient against what the first one said last, after its update. The classes
  // of the batch follow from the gradient's signs: only the label's may be pulled up by more than the peers can.
  const [own, peer] = [logits.get(2)!, logits.get(1)!];
  const classes = 3;
  const labels = Array.from({ length: given[1].length / classes }, (_, row) => {
    const candidates = [0, 1, 2].map((label) =>
      mutualLoss({
        ...defaults,
        labels: [label],
        own: own.slice(row * classes, (row + 1) * classes),
        peers: [peer.slice(row * classes, (row + 1) * classes)],
      }).gradient
    );
    const rows = given[1].length / classes;
    return candidates.findIndex((gradient) =>
      gradient.every((value, place) => Math.abs(value / rows - given[1][row * classes + place]) < 1e-7)
    );
  });
  assert(labels.every((label) => label >= 0), labels.join());
  assertEquals(new Set(labels).size, 3);
});

Deno.test("with no weight on the others the first network is a plain training", async () => {
  const context = barContext(engine, { epochs: 3 });
  const result = await mutual.create(mutual.options.parse({ weight: 0 })).run(context);
  const plain = await trainedBy(context, "none");
  const distance = Math.hypot(...plain.map((value, index) => value - result.weights.parameters[index]));
  assert(distance < 1e-3 * Math.hypot(...plain), `${distance} apart`);
});

Deno.test("two, and three with the teacher's architecture or an ensemble as target, learn", async () => {
  for (
    const options of [{}, { networks: 3, peers: "teacher" }, { networks: 3, target: "ensemble" }]
  ) {
    const lines: string[] = [];
    let last = "";
    const counting = countingEngine(engine);
    const context = barContext(counting, {
      epochs: 3,
      log: (line) => lines.push(line),
      onStep: (step, steps) => last = `${step}/${steps}`,
    });
    const procedure = mutual.create(mutual.options.parse(options));
    const result = await procedure.run(context);
    const { accuracies, accuracy, ensembleAccuracy, networks } = result.details as {
      accuracies: number[];
      accuracy: number;
      ensembleAccuracy: number;
      networks: number;
    };
    assertEquals(result.steps, networks * 18);
    assertEquals(last, `${networks * 18}/${networks * 18}`);
    assertEquals([accuracies.length, accuracies[0], lines.length], [networks, accuracy, networks + 1]);
    assert(Math.min(accuracy, ensembleAccuracy) > 0.8, JSON.stringify(result.details));
    assertEquals((await procedure.run(context)).weights, result.weights);
    assertEquals(counting.live, 0);
  }
});

Deno.test("a student of a search space learns beside another", async () => {
  const context = barContext(engine, { architecture: student, epochs: 1 });
  const { details } = await mutual.create(mutual.options.parse({})).run(context);
  assertEquals((details.accuracies as number[]).length, 2);
});

Deno.test("one network, a given teacher and a rate too high are refused with the reason", async () => {
  assertThrows(() => mutual.options.parse({ networks: 1 }), Error, "networks");
  const procedure = mutual.create(mutual.options.parse({}));
  const teacher = await barTeacher(engine);
  await assertRejects(
    () => procedure.run(barContext(engine, { teachers: [teacher] })),
    RangeError,
    "mutual takes 0 teachers, got 1",
  );
  teacher.dispose();
  await assertRejects(
    () => procedure.run(barContext(engine, { peakLearningRate: 1e30 })),
    DivergedError,
  );
});

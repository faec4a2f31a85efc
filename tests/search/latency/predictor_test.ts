import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { kernelsOf } from "../../../search/latency/kernels.ts";
import { latencyTableSchema } from "../../../search/latency/latency_table.ts";
import { LatencyPredictor, type PredictorKey } from "../../../search/latency/predictor.ts";
import { Random } from "../../../src/data/random.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const space = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });
const key: PredictorKey = {
  device: { name: "phone", kind: "browser", description: "made up" },
  runtime: "tfjs-wasm",
  backend: "wasm, 1 thread",
};

function students(count: number, seed: number): Architecture[] {
  const random = new Random(seed);
  return Array.from(
    { length: count },
    () => space.decode(space.decisions.map(({ choices }) => random.integer(choices.length))),
  );
}

/** A device whose kinds of kernels differ, with a cost that no feature has: caches overflow. In milliseconds. */
function trueLatency(architecture: Architecture, factor = 1): number {
  const launchMs: Record<string, number> = { squeezeExcite: 0.05, "conv 1x1": 0.01 };
  const perWorkMs: Record<string, number> = { "depthwiseConv 5x5": 6e-7, "depthwiseConv 3x3": 4e-7 };
  return factor * kernelsOf(architecture).reduce(
    (sum, { kind, work, bytes }) =>
      sum + (launchMs[kind] ?? 0.02) + work * (perWorkMs[kind] ?? 1e-7) + 1e-6 * Math.max(0, bytes - 20_000),
    0,
  );
}

function trained(count: number, { noise = 0.015, seed = 1, factor = 1 } = {}): LatencyPredictor {
  const predictor = new LatencyPredictor(key);
  const random = new Random(seed + 100);
  for (const architecture of students(count, seed)) {
    predictor.observe(architecture, trueLatency(architecture, factor) * Math.exp(noise * random.normal()));
  }
  return predictor;
}

Deno.test("with 100 noisy observations 95 % of other students are within 10 %, 90 % within the interval", () => {
  const random = new Random(9);
  let close = 0;
  let held = 0;
  let count = 0;
  for (const seed of [1, 2, 3]) {
    const predictor = trained(100, { seed });
    for (const architecture of students(100, 50 + seed)) {
      const measuredMs = trueLatency(architecture) * Math.exp(0.015 * random.normal());
      const { highMs, latencyMs, lowMs } = predictor.predict(architecture);
      if (Math.abs(latencyMs / measuredMs - 1) < 0.1) close++;
      if (lowMs <= measuredMs && measuredMs <= highMs) held++;
      count++;
    }
  }
  assertEquals(close / count >= 0.95, true, `${close} of ${count} within 10 %`);
  assertEquals(held / count >= 0.85 && held / count <= 0.96, true, `${held} of ${count} in the interval`);
});

Deno.test("with few observations the interval is honest, and wider", () => {
  let held = 0;
  let count = 0;
  let width = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const predictor = trained(8, { seed });
    for (const architecture of students(20, 80 + seed)) {
      const { highMs, lowMs } = predictor.predict(architecture);
      const trueMs = trueLatency(architecture);
      if (lowMs <= trueMs && trueMs <= highMs) held++;
      width += Math.log(highMs / lowMs) / 240;
      count++;
    }
  }
  assertEquals(held / count >= 0.85, true, `${held} of ${count} in the interval`);
  const [architecture] = students(1, 5);
  const { highMs, lowMs } = trained(100).predict(architecture);
  assertEquals(Math.log(highMs / lowMs) < width, true);
});

Deno.test("before 8 different networks there is no prediction", () => {
  const predictor = trained(7);
  const [architecture] = students(1, 1);
  predictor.observe(architecture, 1);
  assertEquals([predictor.count, predictor.ready], [7, false]);
  assertThrows(() => predictor.predict(architecture), RangeError, "takes 8 observed networks, got 7");
  assertEquals(predictor.snapshot().features, []);
  assertThrows(() => predictor.observe(architecture, 0), RangeError, "got 0");
});

Deno.test("predictions depend neither on the order of observing nor on the unit of time", () => {
  const all = students(40, 1);
  const [forwards, backwards, slower] = [0, 1, 2].map(() => new LatencyPredictor(key));
  for (const architecture of all) {
    forwards.observe(architecture, trueLatency(architecture));
    slower.observe(architecture, trueLatency(architecture, 1000));
  }
  // The last value of a network counts.
  backwards.observe(all[0], 77);
  for (const architecture of all.toReversed()) backwards.observe(architecture, trueLatency(architecture));
  for (const architecture of students(5, 2)) {
    const prediction = forwards.predict(architecture);
    assertEquals(backwards.predict(architecture), prediction);
    const slow = slower.predict(architecture);
    assertAlmostEquals(slow.latencyMs, 1000 * prediction.latencyMs, 1e-6 * slow.latencyMs);
    assertAlmostEquals(slow.highMs, 1000 * prediction.highMs, 1e-6 * slow.highMs);
  }
});

Deno.test("a kind of kernel that was never timed makes the interval wide, as does a network of another size", () => {
  const predictor = trained(100);
  const relativeWidth = (architecture: Architecture) => {
    const { highMs, lowMs } = predictor.predict(architecture);
    return Math.log(highMs / lowMs);
  };
  const [known] = students(1, 7);
  const foreign: Architecture = {
    ...known,
    nodes: known.nodes.map((node) => node.op === "depthwiseConv" ? { ...node, kernel: 9 } : node),
  };
  assertEquals(relativeWidth(foreign) > 2 * relativeWidth(known), true);
  const large = createSpace("mnas", { height: 96, width: 96, channels: 3, classes: 10 }).decode(
    known.origin?.tokens ?? [],
  );
  assertEquals(relativeWidth(large) > 2 * relativeWidth(known), true);
  const huge: Architecture = { ...foreign, input: { height: 512, width: 512, channels: 1 } };
  const { highMs, latencyMs } = predictor.predict(huge);
  assertEquals(highMs <= 1001 * latencyMs, true);
});

Deno.test("a table gives the predictor back, and its coefficients the same latencies to any reader", () => {
  const predictor = trained(30);
  const table = latencyTableSchema.parse(JSON.parse(JSON.stringify(predictor.snapshot())));
  const copy = new LatencyPredictor(key);
  copy.restore(table);
  assertEquals(copy.snapshot(), predictor.snapshot());
  const { architecture, features } = table.observations[3];
  const { latencyMs } = predictor.predict(architecture);
  assertEquals(copy.predict(architecture).latencyMs, latencyMs);
  const sum = features.reduce((total, value, index) => total + value * table.features[index].coefficientMs, 0);
  assertAlmostEquals(sum, latencyMs, 1e-9);
});

Deno.test("a table of another device, runtime or backend, and a damaged one, are refused by name", () => {
  const table = trained(8).snapshot();
  const restore = (changed: Partial<PredictorKey>) => () => new LatencyPredictor({ ...key, ...changed }).restore(table);
  const other = { ...key.device, name: "tablet" };
  assertThrows(restore({ device: other }), Error, 'its device is "phone", expected "tablet"');
  assertThrows(restore({ runtime: "tfjs-webgpu" }), Error, 'its runtime is "tfjs-wasm", expected "tfjs-webgpu"');
  assertThrows(restore({ backend: "wasm" }), Error, 'its backend is "wasm, 1 thread", expected "wasm"');
  table.observations[2].architecture = space.reference(1);
  assertThrows(restore({}), Error, "the hash of observation 2 is not its architecture's");
});

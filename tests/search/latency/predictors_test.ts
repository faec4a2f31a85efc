import { assertEquals, assertThrows } from "@std/assert";
import type { ForesightRule } from "../../../search/latency/foresight.ts";
import { readLatencyTable } from "../../../search/latency/latency_table.ts";
import { LatencyPredictors } from "../../../search/latency/predictors.ts";
import { countMultiplyAdds } from "../../../src/ops/layout.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import type { Measurement } from "../../../src/schemas/measurement.ts";
import { Random } from "../../../src/data/random.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { madeUpMeasurement } from "../measurements.ts";

const space = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });
const random = new Random(4);
const students = Array.from(
  { length: 40 },
  () => space.decode(space.decisions.map(({ choices }) => random.integer(choices.length))),
);
const latencyMs = (architecture: Architecture) => countMultiplyAdds(architecture) / 1e6;
const [fastest, ...others] = students.toSorted((a, b) => latencyMs(a) - latencyMs(b));
const slowest = others.pop() ?? fastest;

function trial(architecture: Architecture, device = "here", overrides: Partial<Measurement> = {}) {
  return { architecture, measurements: [madeUpMeasurement(device, latencyMs(architecture), overrides)] };
}

/** Under the hard reward. */
const rewardIfPerfect = (ms: number) => Math.min(1, latencyMs(fastest) / ms);
const best = { number: 3, reward: 0.8 };

function predictors(rule: Partial<ForesightRule> = {}): LatencyPredictors {
  const targets = [{ device: "here", targetMs: latencyMs(fastest), weight: 1 }];
  return new LatencyPredictors({
    runtime: "tfjs-wasm",
    rule: () => ({ targets, combine: "worst", rewardIfPerfect, ...rule }),
  });
}

Deno.test("nothing is foreseen before every device was observed 8 times; then slow students are, near ones never", () => {
  const own = predictors();
  for (const architecture of others.slice(0, 7)) own.observe(trial(architecture));
  assertEquals(own.foresee(slowest, best), null);
  for (const architecture of others.slice(7)) own.observe(trial(architecture));
  const foreseen = own.foresee(slowest, best);
  assertEquals(foreseen?.reason.includes("and trial 3 has 0.800"), true);
  assertEquals(Math.abs((foreseen?.latency.latencyMs ?? 0) / latencyMs(slowest) - 1) < 0.1, true);
  assertEquals(own.foresee(fastest, best), null);
});

Deno.test("a table of other networks foresees nothing before 8 of the run's own were observed too", () => {
  const earlier = predictors();
  for (const architecture of others.slice(8)) earlier.observe(trial(architecture));
  const [table] = earlier.tables();
  const foreseen = (options: { ownFirst?: number }, own: number) => {
    const started = predictors();
    started.load(table, options);
    for (const architecture of others.slice(0, own)) started.observe(trial(architecture));
    return started.foresee(slowest, best) !== null;
  };
  assertEquals([foreseen({}, 0), foreseen({ ownFirst: 8 }, 0), foreseen({ ownFirst: 8 }, 7)], [true, false, false]);
  assertEquals(foreseen({ ownFirst: 8 }, 8), true);
});

Deno.test("a device that nobody observed forbids skipping, unless it does not count any more", () => {
  let targets = [
    { device: "here", targetMs: latencyMs(fastest), weight: 1 },
    { device: "phone", targetMs: 1, weight: 1 },
  ];
  const own = new LatencyPredictors({
    runtime: "tfjs-wasm",
    rule: () => ({ targets, combine: "worst", rewardIfPerfect }),
  });
  for (const architecture of others) own.observe(trial(architecture));
  assertEquals(own.foresee(slowest, best), null);
  targets = targets.slice(0, 1);
  assertEquals(own.foresee(slowest, best)?.predictions.length, 1);
});

Deno.test("invalid measurements and those of other runtimes teach nothing; another backend is an error", () => {
  const own = predictors();
  own.observe(trial(fastest, "here", { valid: false }));
  own.observe(trial(fastest, "here", { runtime: "tfjs-webgpu" }));
  assertEquals(own.tables(), []);
  own.observe(trial(fastest));
  assertThrows(
    () => own.observe(trial(slowest, "here", { backend: "wasm, 2 threads" })),
    Error,
    'here: latencies of "wasm, 2 threads" do not compare with those of "wasm, 1 thread"',
  );
});

Deno.test("replayed in any order the same follows, and a table read from disk stands for the trials it came from", () => {
  const [first, again, loaded] = [predictors(), predictors(), predictors()];
  for (const architecture of others) first.observe(trial(architecture));
  for (const architecture of others.toReversed()) again.observe(trial(architecture));
  assertEquals(again.foresee(slowest, best), first.foresee(slowest, best));
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    Deno.writeTextFileSync(path, JSON.stringify(first.tables()[0]));
    loaded.load(readLatencyTable(path));
    assertEquals(loaded.foresee(slowest, best), first.foresee(slowest, best));
    assertThrows(() => loaded.load(readLatencyTable(path)), Error, 'two for device "here"');
    loaded.observe(trial(fastest));
    Deno.writeTextFileSync(path, JSON.stringify({ ...first.tables()[0], runtime: "abacus" }));
    assertThrows(() => readLatencyTable(path), Error, "runtime");
    Deno.writeTextFileSync(path, "{");
    assertThrows(() => readLatencyTable(path), Error, `latency table ${path}: not JSON`);
  } finally {
    Deno.removeSync(path);
  }
});

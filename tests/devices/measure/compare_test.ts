import { assert, assertEquals } from "@std/assert";
import { compareModels } from "../../../devices/measure/compare.ts";
import { Random } from "../../../src/data/random.ts";
import { madeUp } from "./made_up.ts";

/** Three loads of 100 rounds in which bursts slow all models alike, `times` as long as the base. */
function rounds(times: number, seed: number): number[][] {
  const bursts = new Random(7);
  const own = new Random(seed);
  return Array.from({ length: 3 }, () =>
    Array.from({ length: 100 }, () => {
      const burst = bursts.normal() > 1 ? 3 : 1;
      return times * burst * Math.exp(own.normal() * 0.02);
    }));
}

Deno.test("models are held against the fastest by the rounds that they share", () => {
  const [comparison, ...more] = compareModels([
    madeUp({ model: "slow", samplesMs: rounds(1.3, 1), latencyMs: 1.3 }),
    madeUp({ model: "fast", samplesMs: rounds(1, 2), latencyMs: 1 }),
    madeUp({ model: "middle", samplesMs: rounds(1.07, 3), latencyMs: 1.07 }),
  ]);
  assertEquals(more, []);
  const { device, runtime, fastest, others } = comparison;
  assertEquals([device, runtime, fastest], ["here", "tfjs-wasm", "fast"]);
  assertEquals(others.map(({ model }) => model), ["middle", "slow"]);
  // Bursts of a factor 3 cancel: the interval is as narrow as the rounds' own noise and the spread of loads allow.
  for (const [index, truth] of [1.07, 1.3].entries()) {
    const { value, low, high } = others[index].times;
    assert(Math.abs(value / truth - 1) < 0.01, `${value}`);
    assert(low < truth && truth < high && high / low < 1.05, `${low} ${high}`);
  }
});

Deno.test("only what was timed on the same device and runtime, and may be trusted, is compared", () => {
  assertEquals(compareModels([]), []);
  assertEquals(compareModels([madeUp({ model: "alone" })]), []);
  assertEquals(compareModels([madeUp({ model: "a" }), madeUp({ model: "b", device: "phone" })]), []);
  assertEquals(compareModels([madeUp({ model: "a" }), madeUp({ model: "b", runtime: "tfjs-webgl" })]), []);
  assertEquals(compareModels([madeUp({ model: "a" }), madeUp({ model: "b", valid: false })]), []);
});

Deno.test("models of different sessions are compared by the references, never round by round", () => {
  const alone = madeUp({ model: "slow", latencyMs: 2.4 });
  // As many rounds as the other, but other ones.
  for (const load of alone.measurement.loads) {
    load.smallMs = load.smallMs.map(() => 1.3);
    load.samplesMs = load.samplesMs.map(() => 1000);
  }
  const [comparison] = compareModels([madeUp({ model: "fast", latencyMs: 2 }), alone]);
  const [{ times: { value, low, high } }] = comparison.others;
  assert(Math.abs(value - 1.2) < 1e-9, `${value}`);
  // Each has 1 % to both sides.
  const side = Math.SQRT2 * 0.01;
  assert(Math.abs(Math.log(high / value) - side) < 1e-4 && Math.abs(Math.log(value / low) - side) < 1e-4);
  alone.measurement.nominal = { smallMs: 2, largeMs: 8 };
  assertEquals(compareModels([madeUp({ model: "fast" }), alone]), [], "on another scale");
});

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

Deno.test("only what was timed in the same session, and may be trusted, is compared", () => {
  assertEquals(compareModels([]), []);
  assertEquals(compareModels([madeUp({ model: "alone" })]), []);
  assertEquals(compareModels([madeUp({ model: "a" }), madeUp({ model: "b", device: "phone" })]), []);
  assertEquals(compareModels([madeUp({ model: "a" }), madeUp({ model: "b", runtime: "tfjs-webgl" })]), []);
  assertEquals(compareModels([madeUp({ model: "a" }), madeUp({ model: "b", valid: false })]), []);
  // One that failed in some loads has other rounds.
  assertEquals(compareModels([madeUp({ model: "a", samplesMs: [[1, 1], [1]] }), madeUp({ model: "b" })]), []);
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { median } from "../../../devices/protocol/statistics.ts";
import { searchTiming, timeInferences, type TimingEnvironment } from "../../../devices/protocol/timing.ts";

/** A simulated machine: reading its clock takes 1 us, and an inference what `costMs` says of the runs so far. */
function simulate({ costMs, tickMs = 0.001 }: { costMs: (run: number) => number; tickMs?: number }) {
  let nowMs = 0;
  let rests = 0;
  let runs = 0;
  const environment: TimingEnvironment = {
    clock: () => Math.floor((nowMs += 0.001) / tickMs) * tickMs,
    rest: () => {
      rests++;
      return Promise.resolve();
    },
  };
  const infer = () => {
    nowMs += costMs(runs++);
    return Promise.resolve();
  };
  return { environment, infer, nowMs: () => nowMs, rests: () => rests };
}

Deno.test("timeInferences() takes samples of a steady network one by one", async () => {
  const machine = simulate({ costMs: () => 1 });
  const { samplesMs, warmupRuns, flags } = await timeInferences(machine.infer, searchTiming, machine.environment);
  assert(Math.abs(median(samplesMs) - 1) < 0.01);
  assert(warmupRuns >= 550 && warmupRuns <= 650, `${warmupRuns} warm-up runs of 1 ms`);
  assert(samplesMs.length >= 1100 && samplesMs.length <= 1200, `${samplesMs.length} samples of 1 ms`);
  assert(machine.rests() > 50, `${machine.rests()} rests in 1.8 s`);
  assertEquals(flags, []);
});

Deno.test("timeInferences() waits until a slow start is over", async () => {
  const machine = simulate({ costMs: (run) => run < 400 ? 2.5 - run / 300 : 1 });
  const { samplesMs, flags } = await timeInferences(machine.infer, searchTiming, machine.environment);
  assert(samplesMs.every((sample) => Math.abs(sample - 1) < 0.01));
  assertEquals(flags, []);
});

Deno.test("timeInferences() says when times never settle, and does not wait for ever", async () => {
  const machine = simulate({ costMs: (run) => 1.002 ** run });
  const { flags } = await timeInferences(machine.infer, searchTiming, machine.environment);
  assertEquals(flags, ["unsteady"]);
  assert(machine.nowMs() < searchTiming.warmUp.maximumMs + searchTiming.sampling.durationMs + 100);
});

Deno.test("timeInferences() makes one sample of several inferences where the clock is coarse, and says so", async () => {
  const machine = simulate({ costMs: () => 0.3, tickMs: 0.1 });
  const { samplesMs, flags } = await timeInferences(machine.infer, searchTiming, machine.environment);
  assertEquals(flags, ["coarse-clock"]);
  assert(samplesMs.every((sample) => Math.abs(sample - 0.3) < 0.3 / 50 + 0.001));
});

Deno.test("timeInferences() bounds the time that a slow network takes", async () => {
  const machine = simulate({ costMs: () => 900 });
  const { samplesMs, warmupRuns } = await timeInferences(machine.infer, searchTiming, machine.environment);
  assertEquals(warmupRuns, 4);
  assertEquals(samplesMs.length, 9);
});

Deno.test("timeInferences() refuses a clock that is too coarse to time networks", async () => {
  const machine = simulate({ costMs: () => 1, tickMs: 100 });
  await assertRejects(
    () => timeInferences(machine.infer, searchTiming, machine.environment),
    Error,
    "The clock ticks every 100 ms",
  );
});

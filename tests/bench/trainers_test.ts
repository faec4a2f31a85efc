import { assert, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { runTrainStep, trainStepOptionsSchema } from "../../bench/train_step.ts";
import { createJob, withJobFile } from "../../bench/trainers/job.ts";
import { findPyTorch, trainers } from "../../bench/trainers/table.ts";
import { TrainerProcess } from "../../bench/trainers/trainer_process.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";

/** Every op that the frameworks' students have to have, on images small enough for a test. */
const architecture: Architecture = {
  version: 1,
  input: { height: 8, width: 8, channels: 1 },
  classes: 4,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 4, activation: "relu6" },
    { op: "depthwiseConv", inputs: [0], kernel: 5, stride: 2, activation: "relu" },
    { op: "squeezeExcite", inputs: [1], squeezeChannels: 2 },
    { op: "conv", inputs: [2], kernel: 1, stride: 1, filters: 8, activation: "none" },
    { op: "subsample", inputs: [0], stride: 2, channels: 8 },
    { op: "add", inputs: [3, 4], activation: "relu" },
    { op: "globalAveragePool", inputs: [5] },
    { op: "dense", inputs: [6], units: 4 },
  ],
};

const pytorch = await findPyTorch();
if ("missing" in pytorch) console.log(`skipped: trainers of PyTorch: ${pytorch.missing}`);

for (const name of ["PyTorch, eager", "PyTorch, channels_last", "jax-js, wasm", "tfjs, cpu"]) {
  Deno.test({
    name: `${name} trains a student of every op`,
    ignore: name.startsWith("PyTorch") && "missing" in pytorch,
    async fn() {
      const command = trainers.find((trainer) => trainer.name === name)?.command({ pytorch, cpu: true });
      assert(Array.isArray(command));
      const job = createJob(architecture, { batchSize: 4, threads: 1, software: false });
      await withJobFile(job, async (file) => {
        const trainer = await TrainerProcess.start(name, [...command, file]);
        assert(!("skipped" in trainer), `${name} was skipped`);
        try {
          assert(await trainer.time(2) > 0);
          assert(trainer.startSeconds > 0);
          if (Deno.build.os === "linux") assert((trainer.peakMebibytes() ?? 0) > 10);
        } finally {
          await trainer.close();
        }
      });
    },
  });
}

Deno.test("a trainer's note, its reason not to run, and its death are told", async () => {
  const answer = (text: string) => ["sh", "-c", text];
  const ready = await TrainerProcess.start("a", answer(`echo warning; echo '{"type":"ready","note":"here"}'; cat`));
  assert(!("skipped" in ready));
  assertEquals(ready.note, "here");
  await ready.close();
  const skipped = await TrainerProcess.start("b", answer(`echo '{"type":"skipped","reason":"no GPU"}'`));
  assertEquals(skipped, { skipped: "no GPU" });
  await assertRejects(
    () => TrainerProcess.start("c", answer("echo first >&2; echo last words >&2; exit 3")),
    Error,
    "c ended with code 3: last words",
  );
  await assertRejects(
    () => TrainerProcess.start("d", [Deno.execPath(), "eval", 'throw new RangeError("too few")']),
    Error,
    "RangeError: too few",
  );
});

Deno.test("the benchmark has a row per trainer, with times of those that run", async () => {
  const options = trainStepOptionsSchema.parse({
    student: "small",
    batch: 2,
    rounds: 1,
    roundSeconds: 0.001,
    trainer: " relaxed ,",
  });
  const { rows, kernels, ratio, machine } = await runTrainStep(options);
  assertEquals(rows.map(({ trainer, rounds }) => [trainer, rounds]), [["ours: wasm, relaxed SIMD", 1]]);
  const [{ minMs, msPerStep, maxMs }] = rows;
  assert(
    minMs !== null && msPerStep !== null && maxMs !== null && 0 < minMs && minMs <= msPerStep && msPerStep <= maxMs,
  );
  assert(kernels.some(({ kernel, direction }) => kernel === "depthwiseConv" && direction === "backward"));
  assertEquals(ratio, null);
  assert(machine.cores >= 1);
});

Deno.test("a name that no trainer has is wrong usage", async () => {
  const options = trainStepOptionsSchema.parse({ student: "small", rounds: 1, trainer: "nobody" });
  await assertRejects(() => runTrainStep(options), UsageError, "--trainer nobody");
});

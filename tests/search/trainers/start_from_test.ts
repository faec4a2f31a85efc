// Jobs whose students start from the weights of another network, on the real engine.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Reply, TrainJob } from "../../../search/trainers/job.ts";
import { JobRunner } from "../../../search/trainers/job_runner.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { countParameters } from "../../../src/ops/layout.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { type JobFolder, withJobs } from "./jobs.ts";

const space = createSpace("growth", { height: 8, width: 8, channels: 1, classes: 3, layers: 3 });
const backbone = space.reference(1);
const grown = space.decode([1, 0, 0, 3, 1, 0, 5, 0, 0]);

/** Runs `body` with a runner, after its backbone was trained to `backbone.safetensors`. */
async function withBackbone(body: (run: JobRunner["run"], jobs: JobFolder & { startFrom: string }) => Promise<void>) {
  const runner = new JobRunner({ startEngine: () => startWasmEngine(), onProgress: () => {} });
  await withJobs(async (jobs) => {
    const job = jobs.training(backbone, "backbone", { epochs: 6 });
    assertEquals((await runner.run(job)).type, "trained");
    await body((job) => runner.run(job), { ...jobs, startFrom: job.weights });
  });
  (await runner.engine()).dispose();
}

function resultOf(reply: Reply) {
  assert(reply.type === "trained", JSON.stringify(reply));
  return reply.result;
}

Deno.test("a student that starts from its backbone is ahead of one from chance, and the same each time", async () => {
  await withBackbone(async (run, { startFrom, training }) => {
    const brief: Partial<TrainJob> = { trainImages: 64, peakLearningRate: 0.002 };
    const warm = resultOf(await run(training(grown, "warm", { ...brief, startFrom })));
    const cold = resultOf(await run(training(grown, "cold", brief)));
    assert(warm.accuracy > cold.accuracy + 0.1, `${warm.accuracy}, ${cold.accuracy}`);
    assertEquals(warm.inherited, countParameters(backbone) / countParameters(grown));
    assertEquals(cold.inherited, undefined);
    resultOf(await run(training(grown, "again", { ...brief, startFrom })));
    const [first, again] = await Promise.all(
      ["warm", "again"].map((name) => Deno.readFile(training(grown, name).weights)),
    );
    assertEquals(first, again);
  });
});

Deno.test("a method that cannot start from weights, and a checkpoint that is not there, fail the job in one line", async () => {
  await withBackbone(async (run, { startFrom, training }) => {
    const refused = await run(training(grown, "refused", { distiller: "born-again", startFrom }));
    assert(refused.type === "failed" && !refused.student);
    assertStringIncludes(refused.reason, "born-again cannot start from given weights; methods that");
    const missing = await run(training(grown, "missing", { startFrom: "/nowhere.safetensors" }));
    assert(missing.type === "failed" && !missing.student);
    assertStringIncludes(missing.reason, "/nowhere.safetensors");
  });
});

import { assert, assertEquals } from "@std/assert";
import { fullRecipe, jobSchema } from "../../../bench/distillation/job.ts";
import { Worker } from "../../../bench/distillation/worker.ts";
import { encodeDataset } from "../../../src/data/canonical_file.ts";
import { completeMethodOptions } from "../../../src/distill/methods.ts";
import { startEngine } from "../../../src/engine/start_engine.ts";
import { featureBlock } from "../../../src/teachers/feature_cache.ts";
import { barDataset } from "../../src/training/fixtures.ts";

async function featuresBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await featuresBelow(`${folder}/${name}`));
    else if (folder.includes("/features")) found.push(name);
  }
  return found;
}

Deno.test("a teacher's answers are kept for the recipe's images, whether all or a few steps are trained", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { contentHash: _, ...content } = barDataset();
    const validationImages = 20;
    // Two blocks of features in all, so that a recipe of one tells.
    assert(content.train.count - validationImages > featureBlock);
    await Deno.writeFile(`${folder}/bars.dataset`, encodeDataset(content));
    const recipe = { ...fullRecipe, validationImages, batchSize: 8, trainImages: 240, epochs: 1 };
    const common = { ...recipe, teacherTrainImages: 64, teacherEpochs: 1, dataset: `${folder}/bars.dataset`, seed: 1 };
    const { engine } = await startEngine("wasm");
    const worker = new Worker(engine);
    const weights = `${folder}/teacher.safetensors`;
    const taught = await worker.run(jobSchema.parse({ ...common, type: "teacher", weights }));
    assertEquals(taught.type === "trained" && taught.steps, 8);
    const method = { method: "fitnets", options: completeMethodOptions("fitnets", {}), pair: "residual", folder };
    const job = { ...common, ...method, teachers: [weights] };
    const timed = await worker.run(jobSchema.parse({ ...job, type: "steps", steps: 16 }));
    assertEquals(timed.type, "timed");
    // One block of one feature, which the first steps fill whole.
    assertEquals((await featuresBelow(folder)).length, 1);
    const trained = await worker.run(jobSchema.parse({ ...job, type: "train" }));
    assertEquals(trained.type === "trained" && trained.steps, 30);
    assertEquals((await featuresBelow(folder)).length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

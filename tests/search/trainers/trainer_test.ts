// The trainer process on the real engine, through the pool that starts it.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { JobError, TrainerPool } from "../../../search/trainers/pool.ts";
import { LogitCache } from "../../../src/data/logit_cache.ts";
import { decodeSafetensors } from "../../../src/export/safetensors.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { testWith } from "../../require.ts";
import { type JobFolder, withJobs } from "./jobs.ts";

const space = createSpace("mnas", { height: 8, width: 8, channels: 1, classes: 3 });
const network = space.decode(space.decisions.map(({ choices }, index) => (index * 5 + 1) % choices.length));

async function withPool(
  body: (pool: TrainerPool, jobs: JobFolder & { engines: string[] }) => Promise<void>,
  backend: "wasm" | "webgpu" = "wasm",
): Promise<void> {
  const engines: string[] = [];
  const onEngine = ({ description, reason }: { description: string; reason: string }) =>
    engines.push(`${description}: ${reason}`);
  const pool = new TrainerPool({ trainers: 1, backend, silenceMs: 60_000, onEngine });
  try {
    await withJobs((jobs) => body(pool, { ...jobs, engines }));
  } finally {
    await pool.close();
  }
}

Deno.test("a trainer trains, scores, saves, and gives the logits of what it saved", async () => {
  await withPool(async (pool, { engines, folder, logits, training }) => {
    const teacher = training(network, "teacher", { epochs: 6, threads: 2 });
    const { accuracy, testAccuracy, steps, backend } = await pool.train(teacher, "teacher");
    assertEquals([steps, backend], [42, "wasm"]);
    assert(accuracy > 0.8 && testAccuracy !== undefined && testAccuracy > 0.7, `${accuracy}, ${testAccuracy}`);
    assertEquals(decodeSafetensors(await Deno.readFile(teacher.weights), "weights").architecture, network);
    await pool.run(logits("teacher"), "logits");
    const teacherLogits = `${folder}/logits`;
    const student = training(network, "student", { distiller: "kd", teacherLogits, trainImages: 64 });
    assertEquals((await pool.train(student, "student")).steps, 2);
    // One to be ready, one for the teacher, one for all that follows.
    const told = engines.map((engine) => engine.replace("relaxed ", ""));
    const [single, double] = ["1 thread for each student", "2 threads for the teacher or a backbone"]
      .map((threads) => `WebAssembly, SIMD, ${threads}: asked for`);
    assertEquals(told, [single, double, single]);
  });
});

Deno.test("numbers that are not finite fail the student with the step, and the trainer goes on", async () => {
  await withPool(async (pool, { folder, training }) => {
    const failure = async (changes: Parameters<typeof training>[2]) => {
      const error = await assertRejects(() => pool.train(training(network, "nan", changes), "trial"), JobError);
      assertEquals((error as JobError).student, true, (error as Error).message);
      return (error as Error).message;
    };
    const ofWeights = await failure({ peakLearningRate: 1e30 });
    assert(
      / is not finite after step 7 of 7$| is (NaN|Infinity|-Infinity) at step [2-7] of 7$/.test(ofWeights),
      ofWeights,
    );
    const teacherLogits = `${folder}/nan`;
    await new LogitCache(teacherLogits, { classes: 3, trainCount: 240 })
      .write({ view: 0, block: 0 }, new Float32Array(240 * 3).fill(NaN));
    assertEquals(await failure({ distiller: "kd", teacherLogits }), "the loss is NaN at step 1 of 7");
    assertEquals((await pool.train(training(network, "good"), "trial")).steps, 7);
  });
});

Deno.test("a training that waits is not begun once its signal is aborted, for what the one before came to", async () => {
  await withPool(async (pool, { training }) => {
    const stop = new AbortController();
    const good = training(network, "good");
    const failing = pool.train({ ...good, startFrom: "/nowhere.safetensors" }, "trial 1", stop).catch((error) => {
      stop.abort();
      throw error;
    });
    const waiting = pool.train(training(network, "waiting"), "trial 2", stop);
    const error = await assertRejects(() => failing, JobError, "/nowhere.safetensors");
    assertEquals([(error as JobError).student, (error as JobError).storage], [false, false]);
    assertEquals(await waiting.catch((reason) => reason), stop.signal.reason);
    await assertRejects(() => Deno.stat(training(network, "waiting").weights), Deno.errors.NotFound);
    // One that is begun is finished.
    const late = new AbortController();
    const begun = pool.train(good, "trial 3", late);
    late.abort();
    assertEquals((await begun).steps, 7);
  });
});

await testWith({
  name: "a trainer on WebGPU trains as one on WebAssembly does",
  needs: "vulkan",
  fn: async () => {
    const results: { loss: number; accuracy: number }[] = [];
    for (const backend of ["wasm", "webgpu"] as const) {
      await withPool(async (pool, { training }) => {
        const trained = await pool.train(training(network, "student", { peakLearningRate: 1e-5 }), "trial");
        assertEquals([trained.steps, trained.backend], [7, backend]);
        results.push(trained);
      }, backend);
    }
    assert(Math.abs(results[1].loss / results[0].loss - 1) < 1e-3, JSON.stringify(results));
    assert(Math.abs(results[1].accuracy - results[0].accuracy) < 0.1, JSON.stringify(results));
  },
});

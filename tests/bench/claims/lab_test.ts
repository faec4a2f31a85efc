import { assert, assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { BudgetSpentError, type TrainingRequest } from "../../../bench/claims/lab.ts";
import { Laboratory } from "../../../bench/claims/laboratory.ts";
import { students } from "../../../bench/distillation/networks.ts";
import type { Job, Reply } from "../../../bench/claims/job.ts";
import { WorkerPool } from "../../../bench/claims/worker_pool.ts";
import { tinySearch } from "./tiny_search.ts";

const records = (folder: string) => {
  try {
    return Deno.readTextFileSync(`${folder}/trainings.jsonl`).split("\n").filter((line) => line !== "").length;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
};

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a teacher that weighs nothing reproduces the plain search exactly under equal seeds", async () => {
  await inFolder(async (folder) => {
    const plain = await tinySearch(folder, "plain");
    const weightless = await tinySearch(folder, "weightless");
    assertEquals(weightless.students, plain.students);
    // The trainings were made anew: six students and the teacher.
    assertEquals([plain.begun, weightless.begun], [6, 7]);
    assert(new Set(plain.students.map(({ accuracy }) => accuracy)).size > 1);
  });
});

Deno.test("a search that was killed goes on from its records and ends as if nothing had happened", async () => {
  await inFolder(async (whole) => {
    const expected = await tinySearch(whole, "plain");
    await inFolder(async (folder) => {
      const script = fileURLToPath(new URL("./tiny_search.ts", import.meta.url));
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", script, folder, "plain"],
        stdout: "null",
        stderr: "null",
      }).spawn();
      const deadline = performance.now() + 240_000;
      while (records(folder) < 2 && performance.now() < deadline) await new Promise((done) => setTimeout(done, 20));
      child.kill("SIGKILL");
      await child.status;
      const kept = records(folder);
      assert(kept >= 2, `${kept} records when it was killed`);
      const resumed = await tinySearch(folder, "plain");
      assertEquals(resumed.students, expected.students);
      assertEquals(resumed.begun, 6 - kept);
    });
  });
});

function request(seed: number): TrainingRequest {
  return {
    dataset: "mnist",
    variant: { name: "whole" },
    architecture: students.residual({ height: 28, width: 28, channels: 1, classes: 10 }),
    seed,
    numbers: { trainImages: 64, epochs: 1, batchSize: 32, peakLearningRate: 0.01 },
    method: "none",
    teachers: [],
    test: false,
  };
}

function laboratory(folder: string, { goOn = true, answer }: { goOn?: boolean; answer: (job: Job) => Reply }) {
  const jobs: Job[] = [];
  const lab = new Laboratory({
    folder,
    pool: {
      ask(job) {
        jobs.push(job);
        return Promise.resolve(answer(job));
      },
    },
    goOn: () => goOn,
    latencyMs: () => 1,
    log: () => {},
  });
  return { lab, jobs };
}

const trained: Reply = { type: "trained", accuracy: 0.5, loss: 1, seconds: 2 };

Deno.test("what two ask for at once is trained once, and records answer after the budget is spent", async () => {
  await inFolder(async (folder) => {
    const { jobs, lab } = laboratory(folder, { answer: () => trained });
    const [a, b] = await Promise.all([lab.train(request(1)), lab.ranked(3).train(request(1))]);
    assertEquals([a, b].map((one) => one.diverged === undefined && one.accuracy), [0.5, 0.5]);
    assertEquals(jobs.length, 1);
    const spent = laboratory(folder, { goOn: false, answer: () => trained });
    assertEquals(await spent.lab.train(request(1)), a);
    await assertRejects(() => spent.lab.train(request(2)), BudgetSpentError);
    // Of the two that were asked for only one has a result.
    assertEquals([spent.jobs.length, spent.lab.counts.used], [0, 1]);
  });
});

Deno.test("what still waits for a worker when the budget ends is not begun", async () => {
  await inFolder(async (folder) => {
    let left = 1;
    const pool = new WorkerPool(1, () => left-- > 0);
    try {
      const lab = new Laboratory({ folder, pool, goOn: () => true, latencyMs: () => 1, log: () => {} });
      const [first, ...others] = await Promise.allSettled([1, 2, 3].map((seed) => lab.train(request(seed))));
      assertEquals(first.status, "fulfilled");
      for (const other of others) assert(other.status === "rejected" && other.reason instanceof BudgetSpentError);
      assertEquals(lab.counts.begun, 1);
    } finally {
      await pool.close();
    }
  });
});

Deno.test("a training that diverges is a result, one that a worker lost is not", async () => {
  await inFolder(async (folder) => {
    const lost = laboratory(folder, { answer: () => ({ type: "failed", reason: "killed", own: false }) });
    await assertRejects(() => lost.lab.train(request(1)), Error, "killed");
    const diverging = laboratory(folder, { answer: () => ({ type: "failed", reason: "the loss is NaN", own: true }) });
    assertEquals(await diverging.lab.train(request(1)), { diverged: "the loss is NaN" });
    const never = laboratory(folder, { answer: () => trained });
    assertEquals(await never.lab.train(request(1)), { diverged: "the loss is NaN" });
    assertEquals(never.jobs.length, 0);
  });
});

Deno.test("teachers are trained first, and options that say the defaults are the same training", async () => {
  await inFolder(async (folder) => {
    const { jobs, lab } = laboratory(folder, {
      answer(job) {
        for (const file of [job.weights, job.logits]) if (file !== undefined) Deno.writeTextFileSync(file, "");
        return trained;
      },
    });
    const teacher = { ...request(7), test: true };
    await lab.train({ ...request(1), method: "kd", teachers: [teacher] });
    await lab.train({ ...request(1), method: "kd", options: { temperature: 4 }, teachers: [teacher] });
    assertEquals(jobs.map(({ method, seed }) => [method, seed]), [["none", 7], ["kd", 1]]);
    assertEquals(jobs[1].teachers, [jobs[0].weights]);
    await lab.train({ ...request(1), method: "kd", options: { temperature: 2 }, teachers: [teacher] });
    assertEquals(jobs.length, 3);
    // Asked for on its own it is known, weights or not.
    await lab.train({ ...teacher, keepWeights: true });
    await lab.train(teacher);
    assertEquals(jobs.length, 3);
  });
});

import { assertEquals } from "@std/assert";
import type { TeachersJob } from "../../../search/trainers/job.ts";
import { JobRunner } from "../../../search/trainers/job_runner.ts";
import { DeviceLostError, NetworkTooLargeError } from "../../../src/engine/network.ts";
import { adaptationOf } from "../../../src/schemas/teacher_fields.ts";
import { fakeEngine, type FakeEngineOptions, meanNetwork } from "../../src/training/fake_engine.ts";
import { withJobs } from "./jobs.ts";

const network = meanNetwork({ height: 8, width: 8, channels: 1 }, 3);

/** A runner whose n-th engine is a fake one of the n-th options; the last ones serve for all further engines. */
function runnerOf(...options: FakeEngineOptions[]) {
  const engines: (ReturnType<typeof fakeEngine> & { threads: number })[] = [];
  const steps: number[] = [];
  const runner = new JobRunner({
    startEngine(threads) {
      const engine = Object.assign(fakeEngine(options[Math.min(engines.length, options.length - 1)]), { threads });
      engines.push(engine);
      return Promise.resolve(engine);
    },
    onProgress: ({ step }) => steps.push(step),
  });
  return { runner, engines, steps };
}

const dying: FakeEngineOptions = {
  onForward(pass) {
    if (pass === 3) throw new DeviceLostError("the GPU is gone");
  },
};

/** What does not depend on the clock. */
async function replyOf({ runner }: ReturnType<typeof runnerOf>, job: Parameters<JobRunner["run"]>[0]) {
  const reply = await runner.run(job);
  return reply.type === "trained" ? { ...reply, result: { ...reply.result, seconds: 0 } } : reply;
}

Deno.test("a training whose device is lost is done again on a new engine, with the same result", async () => {
  await withJobs(async ({ training }) => {
    const steady = runnerOf({});
    const expected = await replyOf(steady, training(network, "steady"));
    assertEquals(expected.type, "trained");
    const unlucky = runnerOf(dying, {});
    const job = training(network, "unlucky");
    assertEquals(await replyOf(unlucky, job), expected);
    assertEquals(await Deno.readFile(job.weights), await Deno.readFile(training(network, "steady").weights));
    assertEquals(unlucky.engines.map(({ disposed }) => disposed), [true, false]);
    // The new engine goes on serving.
    assertEquals(await replyOf(unlucky, job), expected);
    assertEquals(unlucky.engines.length, 2);
  });
});

Deno.test("what cannot be given back to a lost device does not hide its loss", async () => {
  await withJobs(async ({ training }) => {
    const refusing = runnerOf({
      ...dying,
      onDispose() {
        throw new Error("nothing can be given back");
      },
    }, {});
    assertEquals((await refusing.runner.run(training(network, "refusing"))).type, "trained");
    assertEquals(refusing.engines.map(({ disposed }) => disposed), [true, false]);
  });
});

Deno.test("a device that is lost twice fails the job, not the student, and the next job has a new engine", async () => {
  await withJobs(async ({ training }) => {
    const twice = runnerOf(dying, dying, {});
    const job = training(network, "twice");
    assertEquals(await twice.runner.run(job), { type: "failed", reason: "the GPU is gone", student: false });
    assertEquals((await twice.runner.run(job)).type, "trained");
    assertEquals(twice.engines.length, 3);
  });
});

Deno.test("a student that diverges fails by itself and is not tried again", async () => {
  await withJobs(async ({ training }) => {
    const diverging = runnerOf({ onLoss: () => NaN });
    const reply = await diverging.runner.run(training(network, "nan"));
    assertEquals(reply, { type: "failed", reason: "the loss is NaN at step 1 of 7", student: true });
    assertEquals(diverging.engines.length, 1);
  });
});

Deno.test("an engine serves jobs of its number of threads, and is replaced for another", async () => {
  await withJobs(async ({ logits, training }) => {
    const { runner, engines, steps } = runnerOf({});
    for (const threads of [undefined, 1, 2, 2]) {
      assertEquals((await runner.run(training(network, "teacher", { threads }))).type, "trained");
    }
    assertEquals(steps.at(-1), 7);
    assertEquals(await runner.run(logits("teacher")), { type: "done" });
    assertEquals(engines.map(({ threads, disposed }) => [threads, disposed]), [[1, true], [2, true], [1, false]]);
    // A training and its prediction, two times; the logits.
    assertEquals(engines.map(({ compiled }) => compiled), [4, 4, 1]);
    assertEquals((await Deno.stat(logits("teacher").folder + "/view0-block0.f32")).size, 240 * 3 * 4);
  });
});

Deno.test("a network that no memory can hold is the student's own fault", async () => {
  await withJobs(async ({ training }) => {
    const tooLarge = runnerOf({
      onForward() {
        throw new NetworkTooLargeError("the network needs 5000 MiB");
      },
    });
    const reply = await tooLarge.runner.run(training(network, "too large"));
    assertEquals(reply, { type: "failed", reason: "the network needs 5000 MiB", student: true });
  });
});

Deno.test("a teacher that does not do is told apart from a device that is lost twice with it", async () => {
  await withJobs(async ({ folder, training }) => {
    const { dataset, dataSeed, validationImages, weights } = training(network, "teacher");
    const job = (file: string): TeachersJob => ({
      ...{ kind: "teachers", dataset, dataSeed, validationImages, batchSize: 32 },
      teachers: [{ name: file, file }],
      adaptation: adaptationOf({ teacherResize: false, teacherColours: false }),
    });
    const steady = runnerOf({});
    assertEquals((await steady.runner.run(training(network, "teacher"))).type, "trained");
    assertEquals((await steady.runner.run(job(weights))).type, "opened");
    await Deno.writeTextFile(`${folder}/empty.onnx`, "");
    const reason = `${folder}/empty.onnx: the file is empty`;
    const expected = { type: "failed" as const, reason, student: false, teacher: true as const };
    assertEquals(await steady.runner.run(job(`${folder}/empty.onnx`)), expected);
    const gone: FakeEngineOptions = {
      onForward() {
        throw new DeviceLostError("the GPU is gone");
      },
    };
    const lost = await runnerOf(gone).runner.run(job(weights));
    assertEquals(lost, { type: "failed", reason: "the GPU is gone", student: false });
  });
});

Deno.test("a disk that takes no file fails the job, and is told apart from all that may be the student's doing", async () => {
  await withJobs(async ({ training }) => {
    const full = runnerOf({
      onForward() {
        const cause = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
        throw new Error("cannot write logits", { cause });
      },
    });
    const reply = await full.runner.run(training(network, "full"));
    assertEquals(reply, { type: "failed", reason: "cannot write logits", student: false, storage: true });
  });
});

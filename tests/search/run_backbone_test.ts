import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type BackboneOptions, backboneSeed, ensureBackbone } from "../../search/run_backbone.ts";
import type { TrainJob } from "../../search/trainers/job.ts";
import { prepareTrainingData } from "../../src/data/training_data.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/export/safetensors.ts";
import { initialiseWeights } from "../../src/models/weights.ts";
import { countParameters } from "../../src/ops/layout.ts";
import { createSpace } from "../../src/spaces/table.ts";
import { barDataset } from "../src/training/fixtures.ts";

const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const space = createSpace("growth", { ...dataset, classes: 3 });
const job = {
  dataset: "bars",
  dataSeed: 1,
  validationImages: 60,
  seed: backboneSeed(1),
  trainImages: 240,
  epochs: 2,
  batchSize: 32,
  views: 1,
  peakLearningRate: 0.01,
};

/** A pool that writes weights in place of training them, and counts. */
function writingPool() {
  const jobs: TrainJob[] = [];
  const opened: string[] = [];
  const pool: BackboneOptions["pool"] = {
    async train(job) {
      jobs.push(job);
      await Deno.mkdir(job.weights.replace(/\/[^/]*$/, ""), { recursive: true });
      const weights = initialiseWeights(job.architecture, job.seed + jobs.length);
      await Deno.writeFile(job.weights, encodeSafetensors(job.architecture, weights));
      return { accuracy: 0.75, steps: 14, seconds: 2, loss: 0.5, backend: "wasm" };
    },
    openTeachers({ teachers }) {
      opened.push(...teachers.map(({ file }) => file));
      return Promise.resolve([{ name: "backbone", hash: "0", gives: ["logits"], accuracy: 0.5 }]);
    },
  };
  return { pool, jobs, opened };
}

async function withCache(body: (cacheDir: string) => Promise<void>) {
  const cacheDir = await Deno.makeTempDir({ prefix: "nacre-test-" });
  try {
    await body(cacheDir);
  } finally {
    await Deno.remove(cacheDir, { recursive: true });
  }
}

Deno.test("a backbone is trained once, from the labels, and told of", async () => {
  await withCache(async (cacheDir) => {
    const { pool, jobs } = writingPool();
    const notes: string[] = [];
    const options = {
      pool,
      data,
      cacheDir,
      job,
      architecture: space.reference(1),
      onNote: (line: string) => notes.push(line),
    };
    const first = await ensureBackbone(options);
    const again = await ensureBackbone(options);
    assertEquals(jobs.map(({ distiller, startFrom, test }) => [distiller, startFrom, test]), [[
      "none",
      undefined,
      false,
    ]]);
    assertEquals([first.cached, again.cached], [false, true]);
    assertEquals({ ...again, cached: false }, first);
    assertEquals([first.accuracy, first.parameters], [0.75, countParameters(space.reference(1))]);
    assert((await Deno.stat(first.file)).isFile);
    assertEquals(notes.length, 2);
    assert(/^Backbone: \d+ parameters, 75\.0 % on validation, trained in 2 s; students/.test(notes[0]), notes[0]);
    assert(notes[1].includes("from the cache"), notes[1]);
  });
});

Deno.test("another network, budget or seed is another backbone; where it came from is not", async () => {
  await withCache(async (cacheDir) => {
    const { pool, jobs } = writingPool();
    const options = { pool, data, cacheDir, job, architecture: space.reference(1) };
    const { file } = await ensureBackbone(options);
    for (
      const change of [
        { architecture: space.reference(0.5) },
        { job: { ...job, epochs: 3 } },
        { job: { ...job, seed: backboneSeed(2) } },
      ]
    ) assertNotEquals((await ensureBackbone({ ...options, ...change })).file, file);
    assertEquals(jobs.length, 4);
    const withOrigin = { ...space.reference(1), origin: { space: "growth", tokens: [0] } };
    const moved = await ensureBackbone({ ...options, architecture: withOrigin, job: { ...job, dataset: "elsewhere" } });
    assertEquals([moved.file, jobs.length], [file, 4]);
  });
});

Deno.test("a backbone that is damaged, or not fresh enough, is trained anew", async () => {
  await withCache(async (cacheDir) => {
    const { pool, jobs } = writingPool();
    const options = { pool, data, cacheDir, job, architecture: space.reference(1) };
    const { file } = await ensureBackbone(options);
    await Deno.writeFile(file, new Uint8Array(9), { append: true });
    assertEquals((await ensureBackbone(options)).cached, false);
    assertEquals((await ensureBackbone({ ...options, freshSince: Date.now() + 60_000 })).cached, false);
    assertEquals((await ensureBackbone(options)).cached, true);
    assertEquals(jobs.length, 3);
  });
});

Deno.test("given weights are kept and scored in place of a training; other weights are another backbone", async () => {
  await withCache(async (cacheDir) => {
    const { pool, jobs, opened } = writingPool();
    const architecture = space.reference(1);
    const notes: string[] = [];
    const options = { pool, data, cacheDir, job, architecture, onNote: (line: string) => notes.push(line) };
    const weights = initialiseWeights(architecture, 9);
    const given = await ensureBackbone({ ...options, weights });
    assertEquals([given.accuracy, given.cached, opened, jobs.length], [0.5, false, [given.file], 0]);
    assertEquals(decodeSafetensors(await Deno.readFile(given.file), "given").weights, weights);
    assert(notes[0].includes("50.0 % on validation, as given; students"), notes[0]);
    assertEquals((await ensureBackbone({ ...options, weights })).cached, true);
    const other = await ensureBackbone({ ...options, weights: initialiseWeights(architecture, 10) });
    const trained = await ensureBackbone(options);
    assertEquals(new Set([given.file, other.file, trained.file]).size, 3);
    assertEquals(jobs.length, 1);
  });
});

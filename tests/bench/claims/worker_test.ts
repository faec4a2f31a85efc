import { assert, assertEquals, assertThrows } from "@std/assert";
import { ensembleAccuracy } from "../../../bench/claims/ensemble.ts";
import type { TrainingRequest } from "../../../bench/claims/lab.ts";
import { Laboratory } from "../../../bench/claims/laboratory.ts";
import { prepareVariant, withNoisyLabels } from "../../../bench/claims/variants.ts";
import { WorkerPool } from "../../../bench/claims/worker_pool.ts";
import { students } from "../../../bench/distillation/networks.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { createSpace } from "../../../src/spaces/table.ts";

/** Pixel 0 of image i is i, its label i modulo the classes. */
function dataset(count: number, classes: number): Dataset {
  const set = {
    count,
    images: Uint8Array.from({ length: count * 4 }, (_, index) => index % 4 === 0 ? index / 4 : 0),
    labels: Uint16Array.from({ length: count }, (_, index) => index % classes),
  };
  return {
    name: "made up",
    source: "a test",
    height: 2,
    width: 2,
    channels: 1,
    classNames: Array.from({ length: classes }, (_, index) => `class ${index}`),
    augmentation: { shift: 0, mirror: false },
    contentHash: "0",
    train: set,
    test: set,
  };
}

Deno.test("noisy labels change the training part alone, by the share asked for, the same ones each time", () => {
  const data = prepareTrainingData(dataset(240, 10), { seed: 0, validationImages: 40 });
  const noisy = withNoisyLabels(data, 0.5);
  const changed = (indices: Uint32Array) =>
    indices.filter((index) => noisy.dataset.train.labels[index] !== data.dataset.train.labels[index]).length;
  assertEquals(changed(data.validation), 0);
  // Half of 200 are drawn anew, a tenth of these come out as they were.
  assert(Math.abs(changed(data.train) - 90) < 25, `${changed(data.train)} changed`);
  assertEquals(withNoisyLabels(data, 0.5).dataset.train.labels, noisy.dataset.train.labels);
  assertEquals(data.dataset.train.labels[3], 3);
});

Deno.test("an open set teaches the first classes and keeps test images of the others", () => {
  const options = { seed: 0, validationImages: 20 };
  const { data, unseen } = prepareVariant(dataset(200, 10), { name: "open-set", classes: 7 }, options);
  assertEquals(data.dataset.classNames.length, 7);
  assertEquals(Math.max(...data.dataset.train.labels), 6);
  assertEquals(new Set(unseen?.labels), new Set([7, 8, 9]));
  assertEquals(unseen?.images[0], 7);
  assertThrows(
    () => prepareVariant(dataset(200, 10), { name: "open-set", classes: 9 }, options),
    RangeError,
    "two classes or more, got 1",
  );
});

Deno.test("a worker trains all that claims ask for: ensembles, noisy labels, open sets, grown networks", async () => {
  const folder = await Deno.makeTempDir();
  const pool = new WorkerPool(1);
  try {
    const lab = new Laboratory({ folder, pool, goOn: () => true, latencyMs: () => 1, log: () => {} });
    const io = await lab.io("mnist");
    const base: TrainingRequest = {
      dataset: "mnist",
      variant: { name: "whole" },
      architecture: students.residual(io),
      seed: 1,
      numbers: { trainImages: 512, epochs: 2, batchSize: 32, peakLearningRate: 0.01 },
      method: "none",
      teachers: [],
      test: true,
    };
    const noisy: TrainingRequest = { ...base, variant: { name: "noisy-labels", share: 0.9 } };
    const space = createSpace("growth", { ...io, backbone: base.architecture, layers: 2 });
    const short = { trainImages: 32, epochs: 1, batchSize: 32, peakLearningRate: 1e-6 };
    const grown = { ...base, architecture: space.decode([2, 0, 0, 0, 0, 0]), numbers: short };
    const requests = {
      backbone: base,
      noisy,
      oracle: { ...base, method: "oracle", teachers: [base, { ...base, seed: 2 }], numbers: short },
      average: { ...base, method: "multi-teacher", teachers: [base, { ...base, seed: 2 }], numbers: short },
      open: {
        ...base,
        architecture: students.residual({ ...io, classes: 7 }),
        variant: { name: "open-set", classes: 7 },
      },
      grown: { ...grown, startFrom: base },
      fresh: grown,
    } satisfies Record<string, TrainingRequest>;
    const outcomes: Record<string, { testAccuracy: number; verification?: number; logits?: string }> = {};
    for (const [name, request] of Object.entries(requests)) {
      const outcome = await lab.train(request);
      assert(outcome.diverged === undefined && outcome.testAccuracy !== undefined, name);
      outcomes[name] = { ...outcome, testAccuracy: outcome.testAccuracy };
    }
    const { backbone, fresh, grown: inherited, noisy: taughtWrong, open } = outcomes;
    assert(backbone.testAccuracy > 0.5, `backbone ${backbone.testAccuracy}`);
    assert(taughtWrong.testAccuracy < backbone.testAccuracy - 0.1, `noisy ${taughtWrong.testAccuracy}`);
    // After hardly any training one is what it started from: the backbone, or chance.
    assert(inherited.testAccuracy > 0.8 * backbone.testAccuracy, `grown ${inherited.testAccuracy}`);
    assert(fresh.testAccuracy < 0.3, `fresh ${fresh.testAccuracy}`);
    assert((open.verification ?? 0) > 0.57 && (open.verification ?? 2) < 1, `verification ${open.verification}`);
    const logits = new Float32Array((await Deno.readFile(backbone.logits ?? "")).buffer);
    assertEquals(ensembleAccuracy([logits], await lab.testLabels("mnist")), backbone.testAccuracy);
  } finally {
    await pool.close();
    await Deno.remove(folder, { recursive: true });
  }
});

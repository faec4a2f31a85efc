import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { logitsTeacher } from "../../../src/teachers/logits_teacher.ts";
import { renderedTeacher } from "../../../src/teachers/rendered_teacher.ts";
import type { Teacher, TeacherRequest } from "../../../src/teachers/teacher.ts";
import { barDataset } from "../training/fixtures.ts";

const data = prepareTrainingData(barDataset(), { seed: 1, validationImages: 60 });

/** Keeps the last request, and answers with the first three pixels of each image. */
function seeingTeacher(): Teacher & { seen?: TeacherRequest } {
  const teacher: Teacher & { seen?: TeacherRequest } = {
    name: "seeing",
    hash: "ab",
    taps: { stages: [], outputs: 3 },
    gives: ["logits"],
    outputs(request) {
      teacher.seen = { ...request, images: request.images.slice() };
      const logits = Float32Array.from(
        { length: 3 * request.labels.length },
        (_, at) => request.images[Math.floor(at / 3) * 64 + at % 3],
      );
      return Promise.resolve({ logits, features: {} });
    },
    predict: (images) => Promise.resolve(images),
    dispose() {
      throw new Error("the teacher is the caller's");
    },
  };
  return teacher;
}

Deno.test("a rendered teacher sees its own form of the same images in the same view", async () => {
  const positions = Uint32Array.of(4, 0, 7);
  const indices = positions.map((position) => data.train[position]);
  const coarse = { ...data, rendering: "coarse" as const };
  const inner = seeingTeacher();
  const teacher = renderedTeacher(inner, { data: coarse, rendering: "edges", batchSize: 4 });
  for (const view of [0, 2]) {
    const batch = new BatchReader(coarse, 4).read(data.dataset.train, indices, view);
    const own = batch.images.slice();
    await teacher.outputs({ ...batch, positions, indices, view, features: [] });
    const expected = new BatchReader({ ...data, rendering: "edges" }, 4).read(data.dataset.train, indices, view);
    assertEquals(inner.seen?.images, expected.images);
    assertEquals(inner.seen?.positions, positions);
    assertNotEquals(inner.seen?.images, own);
    assertEquals(batch.images, own);
  }
  teacher.dispose();
});

Deno.test("a rendered teacher has a hash and name of its own, and predicts nothing", () => {
  const inner = seeingTeacher();
  const [edges, plain] = (["edges", "plain"] as const).map((rendering) =>
    renderedTeacher(inner, { data, rendering, batchSize: 4 })
  );
  assertEquals(new Set([inner.hash, edges.hash, plain.hash]).size, 3);
  assert(/^[0-9a-f]{64}$/.test(edges.hash));
  assertEquals(edges.name, "seeing on edges images");
  assertEquals(edges.predict, undefined);
});

Deno.test("a table of logits cannot be shown a rendering", () => {
  const table = logitsTeacher({
    name: "table",
    hash: "0",
    classes: 3,
    read: () => Promise.resolve(new Float32Array(0)),
  });
  assertThrows(
    () => renderedTeacher(table, { data, rendering: "edges", batchSize: 4 }),
    RangeError,
    "table cannot be shown edges images",
  );
});

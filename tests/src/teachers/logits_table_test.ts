import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createDistiller } from "../../../src/distillation/table.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { openTeacher } from "../../../src/teachers/open_teacher.ts";
import { requireViews } from "../../../src/teachers/require_views.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { train } from "../../../src/training/train.ts";
import { encodeNpy, encodeTensors, floatTensor, inFolder, noiseData, requestOf, tinyArchitecture } from "./fixtures.ts";

const engine = await startWasmEngine();
const data = noiseData();
const options = { engine, data, batchSize: 4 };
const { count } = data.dataset.train;
const positions = [5, 0, 9];
const images = new Float32Array(3 * 64);

/** Logits that say row and column. */
const rowsOf = (classes: number, views = 1) =>
  Float32Array.from({ length: views * count * classes }, (_, at) => Math.floor(at / classes) + at % classes / 10);
const bytesOf = (values: Float32Array | Float64Array | Uint16Array) => new Uint8Array(values.buffer);

async function opened(file: Uint8Array, use: (teacher: Teacher) => Promise<void>, classes?: number[]): Promise<void> {
  await inFolder(async (folder) => {
    const path = `${folder}/logits`;
    await Deno.writeFile(path, file);
    const teacher = await openTeacher(path, { ...options, classes });
    await use(teacher);
    teacher.dispose();
  });
}

const answer = async (
  teacher: Teacher,
  view = 0,
) => [...(await teacher.outputs(requestOf(data, { images, positions, view }))).logits];

/** Rows are the dataset's own, not the training part's shuffled ones. */
const expected = (columns: readonly number[], view = 0) =>
  positions.flatMap((position) => columns.map((column) => view * count + data.train[position] + column / 10));

Deno.test("rows are those of the dataset's own order, in every format and type", async () => {
  const values = rowsOf(3);
  const files: [Uint8Array, number][] = [
    [encodeNpy(bytesOf(values), { shape: `${count}, 3` }), 1e-5],
    [encodeNpy(bytesOf(Float64Array.from(values)), { shape: `${count}, 3`, descr: "<f8" }), 1e-5],
    [encodeTensors({ logits: floatTensor([count, 3], values) }), 1e-5],
  ];
  for (const [file, tolerance] of files) {
    await opened(file, async (teacher) => {
      assertEquals([teacher.gives, teacher.taps, teacher.predict], [["logits"], { stages: [], outputs: 3 }, undefined]);
      assertEquals(teacher.views, 1);
      for (const [at, value] of (await answer(teacher)).entries()) {
        assertAlmostEquals(value, expected([0, 1, 2])[at], tolerance);
      }
    });
  }
});

Deno.test("a training that sees views that a table does not have is refused before its first step", () =>
  opened(encodeNpy(bytesOf(rowsOf(3, 2)), { shape: `2, ${count}, 3` }), async (teacher) => {
    assertEquals(teacher.views, 2);
    const message =
      "logits knows 2 views of the images only, and the training would see 3; train with at most 2 views (--views=2";
    for (const [views, epochs] of [[1, 9], [2, 9], [9, 2]]) requireViews([teacher], { views, epochs });
    assertThrows(() => requireViews([teacher], { views: 9, epochs: 3 }), RangeError, message);
    assertThrows(
      () => requireViews([{ name: "t", views: 1 }], { views: 2, epochs: 2 }),
      RangeError,
      "t knows the images as they are only, and the training would see 2; train with at most 1 view (",
    );
    requireViews([{ name: "t" }], { views: 9, epochs: 9 });
    let steps = 0;
    const training = {
      engine,
      data,
      distiller: createDistiller("kd"),
      teachers: [teacher],
      trainImages: 8,
      batchSize: 4,
    };
    const run = (views: number) =>
      train(tinyArchitecture(), {
        ...training,
        views,
        epochs: 3,
        seed: 1,
        peakLearningRate: 0.01,
        onStep: () => steps++,
      });
    await assertRejects(() => run(3), RangeError, message);
    assertEquals(steps, 0);
    await run(2);
    assertEquals(steps, 6);
  }));

Deno.test("views have tables of their own, and one that is not there is refused when asked for", () =>
  opened(encodeNpy(bytesOf(rowsOf(3, 2)), { shape: `2, ${count}, 3` }), async (teacher) => {
    for (const view of [1, 0]) {
      const found = await answer(teacher, view);
      for (const [at, value] of found.entries()) assertAlmostEquals(value, expected([0, 1, 2], view)[at], 1e-5);
    }
    await assertRejects(
      () => answer(teacher, 2),
      RangeError,
      "it has logits of 2 views only, and view 2 was asked for",
    );
  }));

Deno.test("columns are chosen, and probabilities become logarithms", async () => {
  await opened(encodeNpy(bytesOf(rowsOf(5)), { shape: `${count}, 5` }), async (teacher) => {
    for (const [at, value] of (await answer(teacher)).entries()) {
      assertAlmostEquals(value, expected([4, 1, 0])[at], 1e-5);
    }
  }, [4, 1, 0]);
  const probabilities = Float32Array.from({ length: 3 * count }, (_, at) => [0.7, 0.3, 0][at % 3]);
  await opened(encodeNpy(bytesOf(probabilities), { shape: `${count}, 3` }), async (teacher) => {
    const [a, b, c] = await answer(teacher);
    assertAlmostEquals(a, Math.log(0.7), 1e-6);
    assertAlmostEquals(b, Math.log(0.3), 1e-6);
    assertAlmostEquals(c, Math.log(1e-7), 1e-4);
  });
});

Deno.test("the content is the key: one other value, another hash", async () => {
  const hashes = new Set<string>();
  for (const change of [0, 0, 1]) {
    const values = rowsOf(3);
    values[4] += change;
    await opened(encodeNpy(bytesOf(values), { shape: `${count}, 3` }), (teacher) => {
      hashes.add(teacher.hash);
      return Promise.resolve();
    });
  }
  assertEquals(hashes.size, 2);
});

Deno.test("tables that do not fit are refused in one line", async () => {
  const values = bytesOf(rowsOf(3));
  const nan = rowsOf(3);
  nan[3 * 7 + 1] = NaN;
  const infinite = rowsOf(3);
  infinite[0] = Infinity;
  const refused: [Uint8Array, string][] = [
    [
      encodeNpy(values.subarray(12), { shape: `${count - 1}, 3` }),
      `it has ${count - 1} rows, the training part of noise has ${count}`,
    ],
    [encodeNpy(values, { shape: `${3 * count},` }), "allowed are [images, classes] and [views, images, classes]"],
    [encodeNpy(bytesOf(nan), { shape: `${count}, 3` }), "row 7 holds NaN"],
    [encodeNpy(bytesOf(infinite), { shape: `${count}, 3` }), "row 0 holds Infinity"],
    [
      encodeNpy(bytesOf(rowsOf(5)), { shape: `${count}, 5` }),
      "it has 5 classes, the data has 3; the option classes (--teacher-classes)",
    ],
    [encodeNpy(new Uint8Array(), { shape: `0, ${count}, 3` }), "which is empty"],
    [encodeNpy(values, { shape: `${count}, 3`, fortran: "True" }), "Fortran order"],
    [encodeNpy(values, { shape: `${count}, 3`, descr: "<i4" }), "its values are <i4"],
    [encodeTensors({ logits: { dtype: "I32", shape: [count, 3], bytes: values } }), "its logits are I32"],
  ];
  await inFolder(async (folder) => {
    const path = `${folder}/table`;
    for (const [file, message] of refused) {
      await Deno.writeFile(path, file);
      const error = await assertRejects(() => openTeacher(path, options), RangeError, message);
      assert(error.message.startsWith(`${path}: `) && !error.message.includes("\n"), error.message);
    }
  });
});

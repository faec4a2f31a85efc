import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { logitBlock } from "../../../src/data/logit_cache.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { cachedTeacher, type CachedTeacherOptions } from "../../../src/teachers/cached_teacher.ts";
import { teacherCacheFolder } from "../../../src/teachers/teacher_store.ts";
import { featureBlock } from "../../../src/teachers/feature_cache.ts";
import { logitsTeacher } from "../../../src/teachers/logits_teacher.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import { train } from "../../../src/training/train.ts";
import { fillingData } from "./filling_process.ts";
import { inFolder, noiseData, requestOf, tellingTeacher, tinyArchitecture } from "./fixtures.ts";

// Several blocks of features, the last one not full.
const data = noiseData({ side: 2, count: 2 * featureBlock + 200 });
const trainCount = data.train.length;
const images = new Float32Array(3 * 4);
const positions = [featureBlock + 1, 0, trainCount - 1];

function ask(view = 0, features: readonly string[] = [], at: readonly number[] = positions) {
  return requestOf(data, { images: images.subarray(0, 4 * at.length), positions: at, features, view });
}

const row = (position: number, view: number, size: number) =>
  Array.from({ length: size }, (_, at) => 1000 * view + 10 * position + at);

function inCache(
  fn: (options: CachedTeacherOptions) => Promise<void>,
  more: Partial<CachedTeacherOptions> = {},
): Promise<void> {
  return inFolder((cacheDir) => fn({ data, cacheDir, trainImages: trainCount, batchSize: 100, ...more }));
}

const filesOf = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("answers are computed once per view, and later processes compute nothing", () =>
  inCache(async (options) => {
    const inner = tellingTeacher();
    const teacher = cachedTeacher(inner, options);
    for (const view of [0, 1, 0]) {
      const { logits, features } = await teacher.outputs(ask(view, ["stage1"]));
      assertEquals([...logits], positions.flatMap((position) => row(position, view, 3)));
      assertEquals([...features.stage1], positions.flatMap((position) => row(position, view, 4)));
    }
    assertEquals(inner.asked, 2 * trainCount);
    assertEquals([teacher.hash, teacher.taps, teacher.gives], [inner.hash, inner.taps, inner.gives]);
    teacher.dispose();
    assertEquals(inner.disposed, 1);

    const later = tellingTeacher();
    const again = cachedTeacher(later, options);
    const { logits } = await again.outputs(ask(1, ["stage1"]));
    assertEquals([...logits], positions.flatMap((position) => row(position, 1, 3)));
    assertEquals(later.asked, 0);
  }));

Deno.test("features that come later do not compute the logits' blocks anew on disk, nor other views", () =>
  inCache(async (options) => {
    const inner = tellingTeacher();
    const teacher = cachedTeacher(inner, options);
    await teacher.outputs(ask(0));
    const folder = teacherCacheFolder(options.cacheDir, inner, data);
    assertEquals(filesOf(folder), ["view0-block0.f32"]);
    const { mtime } = await Deno.stat(`${folder}/view0-block0.f32`);
    await teacher.outputs(ask(0, ["stage1"]));
    assertEquals((await Deno.stat(`${folder}/view0-block0.f32`)).mtime, mtime);
    assertEquals(filesOf(`${folder}/features`).length, Math.ceil(trainCount / featureBlock));
    assert(trainCount < logitBlock);
  }));

Deno.test("a block that is missing or cut off is computed again, and no other", () =>
  inCache(async (options) => {
    const first = cachedTeacher(tellingTeacher(), options);
    await first.outputs(ask(0, ["stage1"]));
    const folder = `${teacherCacheFolder(options.cacheDir, first, data)}/features`;
    // As a kill or a full disk may leave it.
    await Deno.truncate(`${folder}/stage1-view0-block1.f32`, 16);
    const inner = tellingTeacher();
    const teacher = cachedTeacher(inner, options);
    const { features } = await teacher.outputs(ask(0, ["stage1"]));
    assertEquals([...features.stage1], positions.flatMap((position) => row(position, 0, 4)));
    assertEquals(inner.asked, featureBlock);
  }));

Deno.test("fresh starts anew, and another teacher, dataset or split has a folder of its own", () =>
  inCache(async (options) => {
    await cachedTeacher(tellingTeacher(), options).outputs(ask());
    const inner = tellingTeacher();
    await cachedTeacher(inner, { ...options, freshSince: Date.now() + 1 }).outputs(ask());
    assertEquals(inner.asked, trainCount);
    const folders = [
      teacherCacheFolder("c", { hash: "1" }, data),
      teacherCacheFolder("c", { hash: "2" }, data),
      teacherCacheFolder("c", { hash: "1" }, { ...data, seed: 2 }),
      teacherCacheFolder("c", { hash: "1" }, { ...data, dataset: { ...data.dataset, contentHash: "x" } }),
      teacherCacheFolder("c", { hash: "1" }, { ...data, validation: new Uint32Array(1) }),
      teacherCacheFolder("c", { hash: "1" }, {
        ...data,
        dataset: { ...data.dataset, augmentation: { shift: 2, mirror: false } },
      }),
    ];
    assertEquals(new Set(folders).size, folders.length);
  }));

Deno.test("fresh replaces what it is asked for, once, while others go on reading it", () =>
  inCache(async (options) => {
    const reader = cachedTeacher(tellingTeacher(), options);
    await reader.outputs(ask(0, ["stage1"]));
    await reader.outputs(ask(1, ["stage1"]));
    const inner = tellingTeacher();
    const { outputs } = inner;
    inner.outputs = async (request) => {
      // As another process would, in the middle of it: what it does not hold in memory it reads from the disk.
      for (const view of [0, 1]) {
        const other = tellingTeacher();
        const { features } = await cachedTeacher(other, options).outputs(ask(view, ["stage1"]));
        assertEquals([...features.stage1], positions.flatMap((position) => row(position, view, 4)));
        assertEquals(other.asked, 0);
      }
      return await outputs.call(inner, request);
    };
    const fresh = cachedTeacher(inner, { ...options, freshSince: Date.now() + 1 });
    for (const view of [0, 0, 1, 0]) {
      const { logits } = await fresh.outputs(ask(view, ["stage1"]));
      assertEquals([...logits], positions.flatMap((position) => row(position, view, 3)));
    }
    assertEquals(inner.asked, 2 * trainCount);
  }));

Deno.test("processes that are told the same time share what is made anew", () =>
  inCache(async (options) => {
    await cachedTeacher(tellingTeacher(), options).outputs(ask(0, ["stage1"]));
    const old = new Date(Date.now() - 120_000);
    const folder = teacherCacheFolder(options.cacheDir, tellingTeacher(), data);
    for (const part of [folder, `${folder}/features`]) {
      for (const { isFile, name } of Deno.readDirSync(part)) if (isFile) Deno.utimeSync(`${part}/${name}`, old, old);
    }
    const freshSince = Date.now() - 60_000;
    const asked = [];
    for (let process = 0; process < 2; process++) {
      const inner = tellingTeacher();
      await cachedTeacher(inner, { ...options, freshSince }).outputs(ask(0, ["stage1"]));
      asked.push(inner.asked);
    }
    assertEquals(asked, [trainCount, 0]);
  }));

Deno.test("progress is told of blocks that were computed, never of those that are there", () =>
  inCache(async (options) => {
    const told: number[][] = [];
    const onProgress = (...progress: number[]) => told.push(progress);
    const first = cachedTeacher(tellingTeacher(), { ...options, onProgress });
    await first.outputs(ask(1));
    assertEquals(told.splice(0), [[1, 1, 1]]);
    await first.outputs(ask(0));
    await first.outputs(ask(1));
    assertEquals(told.splice(0), [[1, 1, 0]]);
    await cachedTeacher(tellingTeacher(), { ...options, onProgress }).outputs(ask(1));
    assertEquals(told.splice(0), []);
    await first.outputs(ask(1, ["stage1"]));
    assertEquals(told.splice(0), [[1, 1, 1]]);
  }));

Deno.test("taps may be called anything: names that are alike do not share what is kept", () =>
  inCache(async (options) => {
    const names = ["a.b", "a_b", "a/b", "logits", "view0-block0"];
    const inner = tellingTeacher();
    const { outputs } = inner;
    const teacher = cachedTeacher({
      ...inner,
      taps: { stages: names.map((name) => ({ name, shape: [2, 2, 1], before: false })), outputs: 3 },
      async outputs(request) {
        const { features, logits } = await outputs.call(inner, request);
        // Each says which it is.
        for (const name of request.features) {
          features[name] = features[name].map((value) => value + 0.5 * names.indexOf(name));
        }
        return { logits, features };
      },
    }, options);
    const { features, logits } = await teacher.outputs(ask(0, names));
    assertEquals([...logits], positions.flatMap((position) => row(position, 0, 3)));
    for (const [index, name] of names.entries()) {
      assertEquals(
        [...features[name]],
        positions.flatMap((position) => row(position, 0, 4).map((one) => one + index / 2)),
      );
    }
  }));

Deno.test("features beyond the memory or the disk are computed each time, and are right", async () => {
  for (const limit of [{ memoryBytes: 100 }, { diskBytes: 100 }]) {
    await inCache(async (options) => {
      const inner = tellingTeacher();
      const teacher = cachedTeacher(inner, options);
      for (let turn = 1; turn <= 2; turn++) {
        const { features } = await teacher.outputs(ask(0, ["stage1"]));
        assertEquals([...features.stage1], positions.flatMap((position) => row(position, 0, 4)));
        assertEquals(inner.asked, 3 * turn);
      }
      // Logits alone are always kept.
      await teacher.outputs(ask(0));
      await teacher.outputs(ask(0));
      assertEquals(inner.asked, 6 + trainCount);
      await assertRejects(
        () => teacher.outputs(ask(0, ["stage9"])),
        RangeError,
        "has no feature stage9; it has stage1",
      );
    }, limit);
  }
});

Deno.test("images beyond those that were announced are computed when they are asked for", () =>
  inCache(async (options) => {
    const inner = tellingTeacher();
    const teacher = cachedTeacher(inner, options);
    await teacher.outputs(ask(0, ["stage1"], [3, 4]));
    // Blocks are whole: the logits' covers all images here.
    assertEquals(inner.asked, trainCount);
    assertEquals(filesOf(`${teacherCacheFolder(options.cacheDir, inner, data)}/features`), ["stage1-view0-block0.f32"]);
    const { logits } = await teacher.outputs(ask(0, ["stage1"]));
    assertEquals([...logits], positions.flatMap((position) => row(position, 0, 3)));
    assertEquals(inner.asked, trainCount + 3);
  }, { trainImages: 20 }));

Deno.test("several fill one folder at once and agree; what fails leaves nothing half written", () =>
  inCache(async (options) => {
    const failing = tellingTeacher();
    let calls = 0;
    const { outputs } = failing;
    failing.outputs = (request) => {
      if (++calls > 4) throw new Error("the teacher broke");
      return outputs.call(failing, request);
    };
    const broken = cachedTeacher(failing, options);
    await assertRejects(() => broken.outputs(ask(0, ["stage1"])), Error, "the teacher broke");
    const folder = teacherCacheFolder(options.cacheDir, failing, data);
    assertEquals(filesOf(`${folder}/features`), ["stage1-view0-block0.f32"]);
    const answers = await Promise.all([1, 2, 3].map(async () => {
      const teacher = cachedTeacher(tellingTeacher(), options);
      return (await teacher.outputs(ask(0, ["stage1"]))).features.stage1;
    }));
    for (const answer of answers) assertEquals([...answer], positions.flatMap((position) => row(position, 0, 4)));
    assertEquals(filesOf(`${folder}/features`).length, Math.ceil(trainCount / featureBlock));
  }));

Deno.test("a process that is killed leaves whole blocks, which the next one takes as they are", () =>
  inFolder(async (cacheDir) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", new URL("filling_process.ts", import.meta.url).pathname, cacheDir],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    let computed = 0;
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      computed = Number(text.trim().split("\n").at(-1));
      if (computed > 2.5 * featureBlock) {
        child.kill("SIGKILL");
        break;
      }
    }
    assertEquals((await child.status).signal, "SIGKILL");
    const trainImages = fillingData.train.length;
    const inner = tellingTeacher();
    const teacher = cachedTeacher(inner, { data: fillingData, cacheDir, trainImages, batchSize: 32 });
    const folder = `${teacherCacheFolder(cacheDir, inner, fillingData)}/features`;
    const whole = filesOf(folder).filter((name) => name.endsWith(".f32"));
    assert(whole.length >= Math.floor(computed / featureBlock), `${whole} after ${computed} images`);
    const written = () => whole.map((name) => Deno.statSync(`${folder}/${name}`).mtime);
    const before = written();
    const place = [featureBlock - 1, trainImages - 1];
    const request = requestOf(fillingData, { images: new Float32Array(8), positions: place, features: ["stage1"] });
    const { features } = await teacher.outputs(request);
    assertEquals([...features.stage1], place.flatMap((position) => row(position, 0, 4)));
    assertEquals(written(), before);
  }));

Deno.test("an abort ends the filling, and a table of logits is given back as it is", () =>
  inCache(async (options) => {
    const table = logitsTeacher({ name: "t", hash: "1", classes: 3, read: () => Promise.resolve(new Float32Array(3)) });
    assertStrictEquals(cachedTeacher(table, options), table);
    const teacher = cachedTeacher(tellingTeacher(), { ...options, signal: AbortSignal.abort(new Error("stop")) });
    await assertRejects(() => teacher.outputs(ask()), Error, "stop");
  }));

Deno.test("a training with a cached network is the one with the network itself", () =>
  inFolder(async (cacheDir) => {
    const engine = await startWasmEngine();
    const bars = noiseData({ count: 200 });
    const trainImages = 96;
    const options = {
      engine,
      data: bars,
      trainImages,
      epochs: 2,
      batchSize: 32,
      views: 2,
      seed: 1,
      peakLearningRate: 0.01,
    };
    const architecture = tinyArchitecture();
    const weights = initialiseWeights(architecture, 3, { randomStatistics: true });
    const open = () => networkTeacher({ name: "n", architecture, weights, engine, batchSize: 32 });
    const distiller = createDistiller("kd");
    const [own, kept] = [open(), cachedTeacher(open(), { data: bars, cacheDir, trainImages, batchSize: 32 })];
    const student = tinyArchitecture();
    const direct = await train(student, { ...options, distiller, teachers: [own] });
    const cached = await train(student, { ...options, distiller, teachers: [kept] });
    assertEquals(cached.weights, direct.weights);
    own.dispose();
    kept.dispose();
    engine.dispose();
  }));

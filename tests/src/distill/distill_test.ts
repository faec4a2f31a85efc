// Single trainings as the command makes them, on a few images of MNIST.
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { decodeSafetensors } from "../../../src/export/safetensors.ts";
import { distill } from "../../../src/distill/distill.ts";
import { distillOptionsSchema } from "../../../src/schemas/distill_options.ts";
import { architectureHash } from "../../../src/schemas/architecture.ts";

const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

/** Options without an automatic teacher. */
const teacherlessOf = (options: Record<string, unknown>) =>
  distillOptionsSchema.parse({
    ...{ dataDir, dataset: "mnist", trainImages: 256, epochs: 1, batchSize: 32, validationImages: 200 },
    ...{ architecture: "mnas=0.5" },
    ...options,
  });
const optionsOf = (options: Record<string, unknown> = {}) =>
  teacherlessOf({ teacherTrainImages: 2048, teacherEpochs: 2, ...options });

Deno.test("plain distillation trains teacher, student and baseline, and the student's file holds what was scored", async () => {
  const lines: string[] = [];
  const result = await distill(optionsOf({ test: true }), { log: (line) => lines.push(line) });
  assertEquals(result.distillerOptions, { temperature: 4, alpha: 0.1 });
  assertEquals([result.steps, result.backend], [8, "wasm"]);
  assert(
    result.teacher?.accuracy !== undefined && result.teacher.accuracy > 0.5,
    `teacher ${result.teacher?.accuracy}`,
  );
  assert(
    result.baselineAccuracy !== null && result.testAccuracy !== undefined && result.baselineTestAccuracy !== undefined,
  );
  assertAlmostEquals(result.stepMs, 1000 * result.seconds / 8, 1e-9);
  assertStringIncludes(lines.join("\n"), "training the teacher");

  // The same call gives the same student, from the teacher that was kept; the baseline is the method none.
  const again: string[] = [];
  const repeated = await distill(optionsOf(), { log: (line) => again.push(line) });
  assertStringIncludes(again.join("\n"), "kept from before");
  assertEquals([repeated.accuracy, repeated.baselineAccuracy], [result.accuracy, result.baselineAccuracy]);
  const [one, other] = await Promise.all([result.weights, repeated.weights].map((file) => Deno.readFile(file)));
  assertEquals(one, other);
  const plain = await distill(teacherlessOf({ distiller: "none" }));
  assertEquals([plain.accuracy, plain.teacher], [result.baselineAccuracy, null]);

  // A student's file names the architecture of the next one.
  const weights = `${dataDir}/next.safetensors`;
  const next = await distill(optionsOf({ architecture: result.weights, weights, noBaseline: true, seed: 2 }));
  assertEquals([next.weights, next.baselineAccuracy], [weights, null]);
  const architectures = await Promise.all(
    [result.weights, weights].map(async (file) =>
      architectureHash(decodeSafetensors(await Deno.readFile(file), file).architecture)
    ),
  );
  assertEquals(architectures[0], architectures[1]);
});

Deno.test("a teacher of the user's whose classes are taken for others is warned of", async () => {
  const { teacher } = await distill(optionsOf({ noBaseline: true }));
  const told = async (changes: Record<string, unknown>) => {
    const lines: string[] = [];
    const options = teacherlessOf({ noBaseline: true, teacher: [String(teacher?.file)], ...changes });
    await distill(options, { log: (line) => lines.push(line) });
    return lines.filter((line) => line.startsWith("Warning: ")).length;
  };
  assertEquals([await told({}), await told({ teacherClasses: "1,2,3,4,5,6,7,8,9,0" })], [0, 1]);
});

/** What is kept of teachers' answers: the bytes of each file, and when it was written, by its path. */
function keptAnswers(): Map<string, { bytes: Uint8Array; writtenMs: number }> {
  const folder = `${dataDir}/cache/logits`;
  const files = [...Deno.readDirSync(folder)].flatMap(({ name }) =>
    [...Deno.readDirSync(`${folder}/${name}`)].filter(({ isFile }) => isFile).map((file) => `${name}/${file.name}`)
  );
  return new Map(
    files.sort().map((file) => {
      const path = `${folder}/${file}`;
      return [file, { bytes: Deno.readFileSync(path), writtenMs: Number(Deno.statSync(path).mtime) }];
    }),
  );
}

Deno.test("a teacher's answers depend on the rendering that it sees, not on the student's, and are kept apart", async () => {
  const same = await distill(optionsOf({ noBaseline: true }));
  const before = keptAnswers();
  assert(before.size > 0);
  const crossed = await distill(optionsOf({ noBaseline: true, rendering: "edges", teacherRendering: "plain" }));
  assertEquals(crossed.teacher?.file, same.teacher?.file);
  assertEquals(keptAnswers(), before);

  // One network, asked about plain images and about edges, says something else, elsewhere.
  const given = { noBaseline: true, teacher: [String(same.teacher?.file)] };
  await distill(teacherlessOf(given));
  const plain = keptAnswers();
  await distill(teacherlessOf({ ...given, teacherRendering: "edges" }));
  const answers = keptAnswers();
  const added = [...answers].filter(([file]) => !plain.has(file));
  assertEquals(added.length, 1);
  assertEquals(new Map([...answers].filter(([file]) => plain.has(file))), plain);
  for (const { bytes } of plain.values()) assertNotEquals(bytes, added[0][1].bytes);

  const both = await distill(optionsOf({ noBaseline: true, rendering: "edges" }));
  assert(both.teacher?.file !== same.teacher?.file);
});

Deno.test("all that is kept is made anew where that is asked for: teachers, their answers, networks of the method", async () => {
  const told: string[] = [];
  const call = async (changes: Record<string, unknown>) => {
    told.length = 0;
    const options = "distiller" in changes ? teacherlessOf(changes) : optionsOf(changes);
    await distill({ ...options, noBaseline: true, trainImages: 64 }, { log: (line) => told.push(line) });
    return told.join("\n");
  };
  await call({});
  const before = keptAnswers();
  assertStringIncludes(await call({ freshTeacher: true }), "training the teacher");
  const after = keptAnswers();
  const renewed = [...after].filter(([file, { writtenMs }]) => writtenMs > (before.get(file)?.writtenMs ?? Infinity));
  assertEquals(renewed.length, 1);
  // The same teacher says the same.
  assertEquals([...after].map(([, { bytes }]) => bytes), [...before].map(([, { bytes }]) => bytes));

  const networks = () =>
    [...Deno.readDirSync(`${dataDir}/cache/networks`)].filter(({ name }) => name.endsWith(".safetensors"))
      .map(({ name }) => Number(Deno.statSync(`${dataDir}/cache/networks/${name}`).mtime));
  await call({ distiller: "early-stopped" });
  const [madeMs] = networks();
  await call({ distiller: "early-stopped" });
  assertEquals(networks(), [madeMs]);
  await call({ distiller: "early-stopped", freshTeacher: true });
  const [anewMs, ...others] = networks();
  assert(anewMs > madeMs && others.length === 0, `${madeMs} ${anewMs}`);
});

Deno.test("what does not fit is refused in one line before anything is trained", async () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ distiller: "kdd" }, 'unknown method "kdd"'],
    [{ distillerOptions: { temp: 2 } }, 'Unrecognized key: "temp"; options of kd: temperature, alpha'],
    [{ architecture: "absent.json" }, "--architecture absent.json: no such file; allowed are mnas, mnas=WIDTH"],
    [{ architecture: "mnas=0" }, "the width of mnas=0 must be above 0"],
    [{ teacher: ["absent.onnx"] }, "absent.onnx: no such file"],
    [{ teacher: ["absent.onnx"], teacherNormalisation: "images" }, "--teacher-normalisation is images; allowed are"],
    [{ teachers: 2 }, "kd takes 1 teacher, got 2"],
    [{ teachers: 0 }, "kd takes 1 teacher, got 0"],
    [{ unlabelled: "absent", distiller: "noisy-student" }, "--unlabelled absent: "],
    [
      { unlabelled: "absent" },
      "--unlabelled absent: kd learns from images with labels only; others are for noisy-student",
    ],
    [{ distiller: "none", teachers: 2 }, '--teachers 2: "none" learns from no teacher'],
    [{ teacherResize: true }, "--teacher-resize is for teachers given by --teacher FILE, and none is given"],
  ];
  for (const [options, part] of cases) {
    const steps: number[] = [];
    const { message } = await assertRejects(
      () => distill(teacherlessOf(options), { onStep: (step) => steps.push(step) }),
      RangeError,
    ) as Error;
    assertStringIncludes(message, part);
    assertEquals([message.includes("\n"), steps.length], [false, 0], message);
  }
});

Deno.test("a RangeError amid a training is none of the call", async () => {
  const error = await assertRejects(() =>
    distill(teacherlessOf({ distiller: "none" }), {
      onStep(step) {
        if (step === 3) throw new RangeError("Array buffer allocation failed");
      },
    })
  ) as Error;
  assertEquals([error instanceof RangeError, error.message], [false, "Array buffer allocation failed"]);
});

Deno.test("an abort ends a training at the next step with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const error = await assertRejects(() =>
    distill(teacherlessOf({ distiller: "none" }), {
      signal: controller.signal,
      onStep: (step) => step === 3 && controller.abort(reason),
    })
  );
  assertEquals(error, reason);
});

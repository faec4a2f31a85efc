// Single trainings as the command makes them, on a few images of MNIST.
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { decodeSafetensors } from "../../../src/export/safetensors.ts";
import { distill } from "../../../src/distill/distill.ts";
import { distillOptionsSchema } from "../../../src/schemas/distill_options.ts";
import { architectureHash } from "../../../src/schemas/architecture.ts";

const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

const optionsOf = (options: Record<string, unknown> = {}) =>
  distillOptionsSchema.parse({
    ...{ dataDir, dataset: "mnist", trainImages: 256, epochs: 1, batchSize: 32, validationImages: 200 },
    ...{ teacherTrainImages: 2048, teacherEpochs: 2, architecture: "mnas=0.5" },
    ...options,
  });

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
  const plain = await distill(optionsOf({ distiller: "none" }));
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

Deno.test("a student that sees another rendering than its teacher is taught all the same, and keeps its own answers", async () => {
  const same = await distill(optionsOf({ noBaseline: true }));
  const crossed = await distill(optionsOf({ noBaseline: true, rendering: "edges", teacherRendering: "plain" }));
  // The teacher of plain images is the one of plain students; its answers do not depend on what the student sees.
  assertEquals(crossed.teacher?.file, same.teacher?.file);
  const both = await distill(optionsOf({ noBaseline: true, rendering: "edges" }));
  assert(both.teacher?.file !== same.teacher?.file);
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
    [{ unlabelled: "absent" }, "--unlabelled absent: "],
  ];
  for (const [options, part] of cases) {
    const steps: number[] = [];
    const { message } = await assertRejects(
      () => distill(optionsOf(options), { onStep: (step) => steps.push(step) }),
      RangeError,
    ) as Error;
    assertStringIncludes(message, part);
    assertEquals([message.includes("\n"), steps.length], [false, 0], message);
  }
});

Deno.test("an abort ends a training at the next step with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const error = await assertRejects(() =>
    distill(optionsOf({ distiller: "none" }), {
      signal: controller.signal,
      onStep: (step) => step === 3 && controller.abort(reason),
    })
  );
  assertEquals(error, reason);
});

import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { automaticTeacher } from "../../../src/procedures/automatic_teacher.ts";
import { assistant } from "../../../src/procedures/assistant.ts";
import { automaticWidths, pathsOver } from "../../../src/procedures/assistant_paths.ts";
import { scaleWidth } from "../../../src/models/width.ts";
import { countParameters, layoutOf } from "../../../src/ops/layout.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { Random } from "../../../src/data/random.ts";
import { barContext, barData, barTeacher, countingEngine, student, tiny, trainedBy } from "./bars.ts";

const engine = await startWasmEngine();
const procedureOf = (options: Record<string, unknown>) => assistant.create(assistant.options.parse(options));

Deno.test("over n assistants there are 2^n paths, each from the largest to the smallest", () => {
  assertEquals(pathsOver([]), [[]]);
  assertEquals(pathsOver([0.75, 0.5]), [[], [0.75], [0.5], [0.75, 0.5]]);
  for (let n = 0; n <= 6; n++) {
    const paths = pathsOver(Array.from({ length: n }, (_, index) => -index));
    assertEquals(paths.length, 2 ** n);
    assertEquals(new Set(paths.map((path) => path.join())).size, 2 ** n);
    assert(paths.every((path) => path.every((value, index) => index === 0 || value < path[index - 1])));
  }
});

Deno.test("any network can be scaled, and by 1 stays itself", () => {
  const space = createSpace("mnas", { height: 8, width: 8, channels: 1, classes: 3 });
  const random = new Random(5);
  for (let draw = 0; draw < 20; draw++) {
    const { origin: _origin, ...network } = space.decode(
      space.decisions.map(({ choices }) => random.integer(choices.length)),
    );
    assertEquals(scaleWidth(network, 1), network);
    const sizes = [0.2, 0.5, 1, 1.5, 3].map((width) => countParameters(scaleWidth(network, width)));
    assertEquals(sizes, sizes.toSorted((a, b) => a - b));
  }
  const half = scaleWidth(automaticTeacher(barData), 0.5);
  assertEquals(layoutOf(half).nodes.at(-1)?.outputShape, [3]);
  assertEquals(half.nodes.flatMap((node) => node.op === "conv" ? [node.filters] : []).slice(0, 4), [12, 12, 12, 24]);
});

Deno.test("automatic assistants divide the way from teacher to student", () => {
  const form = automaticTeacher(barData);
  const [teacherParameters, studentParameters] = [countParameters(form), countParameters(form) / 16];
  const widthsOf = (count: number) => automaticWidths(form, { count, teacherParameters, studentParameters });
  assertEquals(widthsOf(0), []);
  // A quarter of the parameters is half of the width.
  assertEquals(widthsOf(1), [0.5]);
  const three = widthsOf(3);
  assertEquals(three.length, 3);
  for (const [index, width] of three.entries()) assertAlmostEquals(width, [0.707, 0.5, 0.354][index], 0.07);
  // A student larger than the teacher has larger assistants, one of its size none.
  const larger = automaticWidths(form, { count: 2, teacherParameters, studentParameters: 16 * teacherParameters });
  assertEquals(larger, [1.5, 2.5]);
  assertEquals(automaticWidths(form, { count: 2, teacherParameters, studentParameters: teacherParameters }), []);
});

Deno.test("without assistants it is kd, bit for bit", async () => {
  const teacher = await barTeacher(engine);
  const context = barContext(engine, { teachers: [teacher] });
  const numbers = { temperature: 3, alpha: 0.2 };
  const plain = await trainedBy(context, "kd", numbers);
  for (const options of [{ path: [] }, { assistants: 0 }, { path: [], search: true }]) {
    const result = await procedureOf({ ...numbers, ...options }).run(context);
    assertEquals(result.weights.parameters, plain);
    assertEquals(result.steps, 12);
    assertEquals(result.details.path, []);
  }
  teacher.dispose();
});

Deno.test("an assistant is trained between teacher and student, once per cache, whatever the student", async () => {
  const cacheDir = await Deno.makeTempDir();
  const teacher = await barTeacher(engine);
  const counting = countingEngine(engine);
  const lines: string[] = [];
  const steps: string[] = [];
  const context = barContext(counting, {
    teachers: [teacher],
    cacheDir,
    epochs: 3,
    log: (line) => lines.push(line),
    onStep: (step, all) => steps.push(`${step}/${all}`),
  });
  const procedure = procedureOf({ path: [0.25, 0.125] });
  const first = await procedure.run(context);
  assertEquals(first.steps, 3 * 18);
  assertEquals(steps.at(-1), "54/54");
  assertEquals(lines.map((line) => line.split(":")[0]), [
    "assistant 0.25",
    "assistant 0.25 > 0.125",
    "student of assistant 0.25 > 0.125",
  ]);
  assertEquals(first.details.path, [0.25, 0.125]);
  assert((first.details.accuracy as number) > 0.5, `accuracy ${first.details.accuracy}`);
  const second = await procedure.run(context);
  assertEquals([second.steps, second.weights], [18, first.weights]);
  const other = await procedure.run({ ...context, architecture: student, seed: 8, epochs: 3 });
  assertEquals(other.steps, 18);
  // Another budget, or another loss, is another assistant.
  assertEquals((await procedureOf({ path: [0.25, 0.125], alpha: 0.5 }).run(context)).steps, 54);
  const direct = await trainedBy(context, "kd");
  assert(direct.some((value, index) => value !== first.weights.parameters[index]));
  assertEquals(counting.live, 0);
  teacher.dispose();
  await Deno.remove(cacheDir, { recursive: true });
});

Deno.test("a search of paths tries each, trains each chain once, and keeps the best student", async () => {
  const teacher = await barTeacher(engine);
  const lines: string[] = [];
  const context = barContext(engine, {
    teachers: [teacher],
    epochs: 1,
    seed: 8,
    peakLearningRate: 0.01,
    log: (line) => lines.push(line),
  });
  const result = await procedureOf({ path: [0.125, 0.25], search: true, assistantEpochs: 2 }).run(context);
  // Four students of 6 steps; the assistants 0.25, 0.125, and 0.125 after 0.25, of 12 steps.
  assertEquals(result.steps, 4 * 6 + 3 * 12);
  assertEquals(lines.filter((line) => line.startsWith("assistant")).map((line) => line.split(":")[0]), [
    "assistant 0.25",
    "assistant 0.125",
    "assistant 0.25 > 0.125",
  ]);
  const tried = result.details.paths as { path: number[]; accuracy: number }[];
  assertEquals(tried.map(({ path }) => path), [[], [0.25], [0.125], [0.25, 0.125]]);
  const accuracies = tried.map(({ accuracy }) => accuracy);
  assertEquals(result.details.accuracy, Math.max(...accuracies));
  assert(new Set(accuracies).size > 1, accuracies.join());
  const alone = await procedureOf({ path: result.details.path, assistantEpochs: 2 }).run(context);
  assertEquals(alone.weights, result.weights);
  teacher.dispose();
});

Deno.test("assistants of the student's form are wider than it, and any student of a space has some", async () => {
  const teacher = await barTeacher(engine);
  const lines: string[] = [];
  for (const architecture of [tiny, student]) {
    const context = barContext(engine, {
      architecture,
      teachers: [teacher],
      epochs: 1,
      log: (line) => lines.push(line),
    });
    const result = await procedureOf({ form: "student", assistantEpochs: 1 }).run(context);
    assertEquals(result.details.form, "student");
    const [width] = result.details.path as number[];
    assert(width > 1, `width ${width}`);
    assert((result.details.assistantParameters as number[])[0] > countParameters(architecture));
  }
  teacher.dispose();
});

Deno.test("a path that says a width twice, and no teacher, are refused", async () => {
  const teacher = await barTeacher(engine);
  await assertRejects(
    () => procedureOf({ path: [0.5, 0.25, 0.5] }).run(barContext(engine, { teachers: [teacher] })),
    RangeError,
    "path has the width 0.5 twice",
  );
  await assertRejects(() => procedureOf({}).run(barContext(engine)), RangeError, "assistant takes 1 teacher, got 0");
  teacher.dispose();
});

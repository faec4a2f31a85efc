// Every method of the tables really trains a student of the search space: an addition is tested by being added.
import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import { createMethod, listMethods } from "../../../src/procedures/table.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { train } from "../../../src/training/train.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { barDataset } from "../training/fixtures.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const common = { engine, data, trainImages: 192, batchSize: 32, views: 2, seed: 1, peakLearningRate: 0.01 };
const teacherNetwork = teacherArchitecture({ ...dataset, classes: 3 });
const { weights } = await train(teacherNetwork, { ...common, epochs: 3, distiller: createDistiller("none") });
const architecture = createSpace("mnas", { ...dataset, classes: 3 }).reference(0.75);
const openTeacher = (name: string) =>
  networkTeacher({ name, architecture: teacherNetwork, weights, engine, batchSize: 32 });

const names = [
  ...listMethods().filter(({ tasks }) => tasks.includes("classification")).map(({ name }) => name),
  "kd+attention",
  "kd+crd",
  "kd+attention-gradient",
  "fitnets+overhaul+darkrank",
];

for (const name of names) {
  Deno.test(`${name} trains a student of the search space, and leaves no tensor behind`, async () => {
    const method = createMethod(name);
    const { least, most } = method.teachers;
    const teachers = Array.from(
      { length: most === 0 ? 0 : Math.max(1, least) },
      (_, index) => openTeacher(`t${index}`),
    );
    const cacheDir = await Deno.makeTempDir();
    const before = tf.memory().numTensors;
    try {
      const given = name === "route-constrained" || least === 0 && method.needs.length === 0 ? [] : teachers;
      const result = await method.run({ ...common, architecture, epochs: 2, teachers: given, cacheDir });
      const layout = layoutOf(result.architecture);
      assertEquals(result.weights.parameters.length, layout.parameterCount);
      assertEquals(result.weights.statistics.length, layout.statisticCount);
      assert(result.weights.parameters.every(Number.isFinite) && Number.isFinite(result.loss) && result.steps > 0);
      assertEquals(tf.memory().numTensors, before);
      JSON.stringify(result.details);
    } finally {
      teachers.forEach((teacher) => teacher.dispose());
      await Deno.remove(cacheDir, { recursive: true });
    }
  });
}

Deno.test("a method that needs a teacher refuses to run without, in a line that names it", async () => {
  for (const { name, tasks } of listMethods()) {
    const method = createMethod(name);
    if (method.teachers.least === 0 || !tasks.includes("classification")) continue;
    const run = () => method.run({ ...common, architecture, epochs: 1, teachers: [] });
    const error = await assertRejects(run, RangeError);
    assert(new RegExp(`^${name} takes .*, got 0$`).test((error as Error).message), (error as Error).message);
  }
});

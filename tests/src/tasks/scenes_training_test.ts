// Tasks on scenes for real: small networks on the wasm engine learn them, alone and from a teacher.
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { detection as detectionMethod } from "../../../src/distillation/detection.ts";
import type { Distiller } from "../../../src/distillation/distiller.ts";
import { fitnets } from "../../../src/distillation/fitnets.ts";
import { overhaul } from "../../../src/distillation/overhaul.ts";
import { structured } from "../../../src/distillation/structured.ts";
import { startEngine } from "../../../src/engine/start_engine.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { depth } from "../../../src/tasks/depth.ts";
import { createDetection } from "../../../src/tasks/detection.ts";
import { evaluateTask } from "../../../src/tasks/evaluate_task.ts";
import { sceneSize } from "../../../src/tasks/scenes.ts";
import { segmentation } from "../../../src/tasks/segmentation.ts";
import type { Task } from "../../../src/tasks/task.ts";
import { trainTask } from "../../../src/tasks/train_task.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";

const io = { height: sceneSize, width: sceneSize, channels: 1, classes: 10 };
const { engine } = await startEngine("wasm");
await startTensors(engine);
const common = { engine, batchSize: 16, seed: 1, peakLearningRate: 3e-3 };

/** What each task must reach after 150 steps, and what it stays on the wrong side of where it has learned nothing. */
const cases: { name: string; task: Task; reached: number; chance: number; methods: Record<string, Distiller> }[] = [
  {
    name: "detection, one stage",
    task: createDetection({ head: "one-stage" }),
    reached: 0.03,
    chance: 0.01,
    methods: {
      detection: detectionMethod.create(detectionMethod.options.parse({})),
      overhaul: overhaul.create(overhaul.options.parse({})),
      fitnets: fitnets.create(fitnets.options.parse({})),
    },
  },
  {
    name: "detection, two stages",
    task: createDetection({ head: "two-stage" }),
    reached: 0.06,
    chance: 0.01,
    methods: { detection: detectionMethod.create(detectionMethod.options.parse({})) },
  },
  {
    name: "segmentation",
    task: segmentation,
    // All background is right on five of six pixels and on one class of eleven.
    reached: 0.2,
    chance: 0.1,
    methods: {
      structured: structured.create(structured.options.parse({})),
      overhaul: overhaul.create(overhaul.options.parse({})),
    },
  },
  {
    name: "depth",
    task: depth,
    // The background alone, digits taken for it.
    reached: 0.19,
    chance: 0.22,
    methods: { structured: structured.create(structured.options.parse({ conditioned: true })) },
  },
];

for (const { chance, methods, name, reached, task } of cases) {
  const data = await task.makeData({ seed: 1, trainImages: 320, testImages: 100 });
  const few = await task.makeData({ seed: 1, trainImages: 64, testImages: 20 });
  const main = async (network: Parameters<typeof evaluateTask>[0]) =>
    Object.values(await evaluateTask(network, { engine, set: data.test }))[0];
  const better = (score: number, bound: number) => task.higherIsBetter ? score > bound : score < bound;

  Deno.test(`${name}: a network learns, and teaches students by ${Object.keys(methods).join(", ")}`, async () => {
    const before = tf.memory().numTensors;
    const untrained = await trainTask(task, {
      ...common,
      data: few,
      architecture: teacherArchitecture(io),
      epochs: 1,
      peakLearningRate: 1e-6,
    });
    const atFirst = await main(untrained);
    untrained.dispose();
    assert(!better(atFirst, chance), `an untrained network scores ${atFirst}`);
    const teacher = await trainTask(task, { ...common, data, architecture: teacherArchitecture(io), epochs: 8 });
    const score = await main(teacher);
    assert(better(score, reached), `the network scores ${score}, not ${reached}`);
    for (const [method, distiller] of Object.entries(methods)) {
      const steps: number[] = [];
      const student = await trainTask(task, {
        ...common,
        data: few,
        architecture: createSpace("mnas", io).reference(0.5),
        distiller,
        teachers: [teacher],
        epochs: 2,
        onStep: (step) => steps.push(step),
      });
      assertEquals(steps, [1, 2, 3, 4, 5, 6, 7, 8]);
      assert(Number.isFinite(student.loss) && student.loss > 0, `${method}: a loss of ${student.loss}`);
      assert(Number.isFinite(await main(student)));
      student.dispose();
    }
    teacher.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}

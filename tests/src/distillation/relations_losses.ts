// Losses after a few steps of each method of relations and ensembles on one engine. As a program it takes WebGPU, prints them
// and ends by SIGKILL: a process that used the software adapter may abort on its exit.
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { crd } from "../../../src/distillation/crd.ts";
import { darkrank } from "../../../src/distillation/darkrank.ts";
import type { Distiller } from "../../../src/distillation/distiller.ts";
import { multiTeacher } from "../../../src/distillation/multi_teacher.ts";
import { oracle } from "../../../src/distillation/oracle.ts";
import { self } from "../../../src/distillation/self.ts";
import type { Engine } from "../../../src/engine/network.ts";
import { startEngine } from "../../../src/engine/start_engine.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import { train } from "../../../src/training/train.ts";
import { barDataset } from "../training/fixtures.ts";

const methods: [string, Distiller][] = [
  ["darkrank hard", darkrank.create(darkrank.options.parse({ mode: "hard" }))],
  ["darkrank soft", darkrank.create(darkrank.options.parse({}))],
  ["crd bank", crd.create(crd.options.parse({}))],
  ["crd in-batch", crd.create(crd.options.parse({ mode: "in-batch" }))],
  ["self", self.create(self.options.parse({}))],
  ["oracle", oracle.create(oracle.options.parse({}))],
  ["multi-teacher probabilities", multiTeacher.create(multiTeacher.options.parse({}))],
  ["multi-teacher majority", multiTeacher.create(multiTeacher.options.parse({ combine: "majority" }))],
];

/** Mean loss of steps 3 and 4 by method. */
export async function lossesOn(engine: Engine): Promise<[string, number][]> {
  const dataset = barDataset();
  const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
  const student = createSpace("mnas", { ...dataset, classes: 3 }).reference(1);
  const architecture = teacherArchitecture({ height: 8, width: 8, channels: 1, classes: 3 });
  const batchSize = 32;
  const teachers = [1, 2].map((seed) => {
    const weights = initialiseWeights(architecture, seed);
    return networkTeacher({ name: `teacher ${seed}`, architecture, weights, engine, batchSize });
  });
  const options = { engine, data, trainImages: 64, epochs: 2, batchSize, views: 1, seed: 1, peakLearningRate: 1e-3 };
  const losses: [string, number][] = [];
  for (const [name, distiller] of methods) {
    const taught = teachers.slice(0, distiller.teachers.most);
    losses.push([name, (await train(student, { ...options, distiller, teachers: taught })).loss]);
  }
  teachers.forEach((teacher) => teacher.dispose());
  return losses;
}

/** {@linkcode lossesOn} WebGPU, in a process of its own. */
export async function lossesOnWebGpu(): Promise<[string, number][]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL(import.meta.url).pathname],
    stdin: "null",
  }).output();
  const line = new TextDecoder().decode(stdout).split("\n").find((candidate) => candidate.startsWith("["));
  if (!line) throw new Error(`the WebGPU process gave nothing: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(line);
}

if (import.meta.main) {
  const { engine } = await startEngine("webgpu");
  const losses = await lossesOn(engine);
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(losses)}\n`));
  Deno.kill(Deno.pid, "SIGKILL");
}

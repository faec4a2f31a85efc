import { assertEquals } from "@std/assert";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { retrieval } from "../../../src/tasks/retrieval.ts";
import { imagesAt, TaskPredictor } from "../../../src/tasks/task_network.ts";
import { TaskTeacher } from "../../../src/tasks/task_teacher.ts";
import { trainTask } from "../../../src/tasks/train_task.ts";
import { smallBody } from "./small_networks.ts";

const engine = await startWasmEngine();
const data = await retrieval.makeData({ seed: 1, trainImages: 40, testImages: 10 });
const network = await trainTask(retrieval, {
  engine,
  data,
  architecture: smallBody(data),
  epochs: 1,
  batchSize: 8,
  seed: 1,
  peakLearningRate: 0.01,
});

/** A teacher that counts what it computes. */
async function countingTeacher(mostBytes?: number) {
  const predictor = await TaskPredictor.build(network, { engine, batchSize: 8, features: ["stage2"] });
  const computed: number[] = [];
  const predict = predictor.predict.bind(predictor);
  predictor.predict = (images, targets) => {
    computed.push(images.length);
    return predict(images, targets);
  };
  const teacher = new TaskTeacher(predictor, { count: 40, mostBytes });
  const answer = (...places: number[]) => {
    const positions = Uint32Array.from(places);
    return teacher.answer(positions, {
      images: imagesAt(data.train, positions),
      targets: data.train.targets(positions),
    });
  };
  return { teacher, computed, answer };
}

Deno.test("a teacher answers from memory what it has seen, in whatever order", async () => {
  const { teacher, computed, answer } = await countingTeacher();
  const fresh = await countingTeacher();
  await answer(0, 1, 2, 3);
  await answer(4, 5, 6, 7);
  const again = await answer(7, 0, 5, 2);
  assertEquals(computed.length, 2);
  assertEquals(again, await fresh.answer(7, 0, 5, 2));
  assertEquals(again.features.stage2.shape, [4, 7, 7, 16]);
  await answer(0, 8);
  assertEquals(computed.length, 3);
  teacher.dispose();
  fresh.teacher.dispose();
});

Deno.test("a teacher without room computes each time", async () => {
  const { teacher, computed, answer } = await countingTeacher(1000);
  assertEquals(await answer(0, 1), await answer(0, 1));
  assertEquals(computed.length, 2);
  teacher.dispose();
});

import { assertEquals } from "@std/assert";
import type { Engine } from "../../../src/engine/network.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { trainingBatches } from "../../../src/data/training_batches.ts";
import { rememberLogits, teacherOf } from "../../../src/procedures/remembering_teacher.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { barContext, barTeacher, tiny } from "./bars.ts";

const engine = await startWasmEngine();

Deno.test("a remembering teacher says what the teacher says, and asks it once per image and view", async () => {
  const teacher = await barTeacher(engine);
  let asked = 0;
  const counted: Teacher = {
    ...teacher,
    outputs(request) {
      asked++;
      return teacher.outputs(request);
    },
  };
  const remembering = rememberLogits(counted, 240);
  const askedAfter: number[] = [];
  for await (const batch of trainingBatches({ ...barContext(engine), epochs: 6, views: 2, seed: 3 })) {
    const request = { ...batch, features: [] };
    const { logits } = await remembering.outputs(request);
    assertEquals(logits, (await teacher.outputs(request)).logits);
    askedAfter[batch.epoch] = asked;
  }
  // Two views of six batches each.
  assertEquals(askedAfter, [6, 12, 12, 12, 12, 12]);
  remembering.dispose();
});

Deno.test("features are asked for each time, and images that were left out of an epoch too", async () => {
  const teacher = await barTeacher(engine);
  let asked = 0;
  const counted: Teacher = {
    ...teacher,
    outputs(request) {
      asked++;
      return teacher.outputs(request);
    },
  };
  const remembering = rememberLogits(counted, 240);
  const [first, second] = [[0, 1, 2], [2, 3, 4]].map((places) => ({
    images: new Float32Array(3 * 64).fill(places[0]),
    labels: new Int32Array(3),
    positions: Uint32Array.from(places),
    indices: Uint32Array.from(places),
    view: 0,
    features: [] as string[],
  }));
  await remembering.outputs(first);
  await remembering.outputs(second);
  assertEquals(asked, 2);
  await remembering.outputs({ ...first, positions: Uint32Array.of(4, 0, 2) });
  assertEquals(asked, 2);
  const { features } = await remembering.outputs({ ...first, features: ["stage1"] });
  assertEquals([asked, Object.keys(features)], [3, ["stage1"]]);
  remembering.dispose();
});

Deno.test("a network remembers nothing where no image comes twice in one view", async () => {
  let forwards = 0;
  const counting: Engine = {
    backend: engine.backend,
    description: engine.description,
    dispose() {},
    async compile(architecture, options) {
      const network = await engine.compile(architecture, options);
      const forward = network.forward.bind(network);
      network.forward = (images) => {
        forwards++;
        forward(images);
      };
      return network;
    },
  };
  const network = { architecture: tiny, weights: initialiseWeights(tiny, 1) };
  const positions = Uint32Array.of(0, 1, 2);
  const request = {
    images: new Float32Array(3 * 64),
    labels: new Int32Array(3),
    positions,
    indices: positions,
    view: 1,
  };
  const forwardsOf = async (views: number, options?: Parameters<typeof teacherOf>[3]) => {
    const teacher = teacherOf(network, "t", barContext(counting, { epochs: 3, views }), options);
    forwards = 0;
    for (let asked = 0; asked < 2; asked++) await teacher.outputs({ ...request, features: [] });
    teacher.dispose();
    return forwards;
  };
  assertEquals([await forwardsOf(2), await forwardsOf(3), await forwardsOf(4)], [1, 2, 2]);
  assertEquals([await forwardsOf(4, { epochs: 5 }), await forwardsOf(4, { trainings: 2 })], [1, 1]);
});

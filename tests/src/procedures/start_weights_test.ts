// Methods start from given weights, or refuse them.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { createMethod, listMethods } from "../../../src/procedures/table.ts";
import { barContext, barTeacher, tiny } from "./bars.ts";

const engine = await startWasmEngine();
const startWeights = initialiseWeights(tiny, 99);

const able = listMethods().map(({ name }) => name).filter((name) => createMethod(name).startsFromWeights);

Deno.test("every single training can start from given weights, a sum of losses too", () => {
  const losses = listMethods().filter(({ kind }) => kind === "loss").map(({ name }) => name);
  assertEquals(able.filter((name) => losses.includes(name)), losses);
  assertEquals(createMethod("kd+attention").startsFromWeights, true);
});

for (const name of ["none", "kd", "early-stopped", "oracle"]) {
  Deno.test(`${name} starts from the weights that it is given`, async () => {
    assert(able.includes(name));
    const teacher = await barTeacher(engine);
    const context = barContext(engine, {
      startWeights,
      peakLearningRate: 1e-7,
      teachers: name === "none" ? [] : [teacher],
    });
    const { weights } = await createMethod(name).run(context);
    const far = Math.max(...weights.parameters.map((value, at) => Math.abs(value - startWeights.parameters[at])));
    assert(far > 0 && far < 1e-5, `${far}`);
    teacher.dispose();
  });
}

for (const { name } of listMethods().filter(({ name }) => !able.includes(name))) {
  Deno.test(`${name} refuses weights to start from in one line`, async () => {
    const refused = () => createMethod(name).run(barContext(engine, { startWeights }));
    await assertRejects(refused, RangeError, `${name} cannot start from given weights; methods that`);
  });
}

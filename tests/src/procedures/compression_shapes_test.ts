// Every compression procedure on students of all kinds: none fails because of a shape.
import { assert, assertEquals } from "@std/assert";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { apprentice } from "../../../src/procedures/apprentice.ts";
import { differentiableQuantization } from "../../../src/procedures/differentiable_quantization.ts";
import { int8 } from "../../../src/procedures/int8.ts";
import { noisyStudent } from "../../../src/procedures/noisy_student.ts";
import type { Procedure } from "../../../src/procedures/procedure.ts";
import { pruning } from "../../../src/procedures/pruning.ts";
import { quantized } from "../../../src/procedures/quantized.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import { countParameters } from "../../../src/ops/layout.ts";
import { contextOf, dataset, variedStudents } from "./compression_fixtures.ts";

const engine = await startWasmEngine();
const procedures: Procedure[] = [
  pruning.create(pruning.options.parse({ sparsity: 0.9 })),
  pruning.create(pruning.options.parse({ kind: "filter", sparsity: 0.9 })),
  quantized.create(quantized.options.parse({ bits: 2 })),
  differentiableQuantization.create(differentiableQuantization.options.parse({ byGradient: true })),
  int8.create(int8.options.parse({})),
  apprentice.create(apprentice.options.parse({ scheme: "A" })),
  noisyStudent.create(noisyStudent.options.parse({ iterations: 1 })),
];

Deno.test("no compression procedure fails on a student because of its shapes", async () => {
  const students = [...variedStudents(), teacherArchitecture({ ...dataset, classes: 3 })];
  for (const [index, architecture] of students.entries()) {
    const context = await contextOf({ engine, architecture, trainImages: 32, epochs: 2 });
    for (const procedure of procedures) {
      const result = await procedure.run(context);
      const { name } = procedure;
      assert(Number.isFinite(result.loss), `${name} on student ${index}: ${result.loss}`);
      assert(result.weights.parameters.every(Number.isFinite), `${name} on student ${index}`);
      assertEquals(result.weights.parameters.length, countParameters(result.architecture), `${name}`);
      assert(result.steps > 0 && result.seconds > 0);
      // What is reported can be written down.
      assertEquals(JSON.parse(JSON.stringify(result.details)), result.details);
    }
  }
});

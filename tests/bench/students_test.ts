import { assert, assertEquals } from "@std/assert";
import { mobileStudents, type StudentName, students } from "../../bench/students.ts";
import { sampleStudents } from "../../bench/trials.ts";
import { countMultiplyAdds, countParameters } from "../../src/ops/layout.ts";
import { architectureHash, architectureSchema } from "../../src/schemas/architecture.ts";

Deno.test("students have the sizes that results are quoted with", () => {
  const sizes = Object.entries(students).map(([name, create]) => {
    const architecture = architectureSchema.parse(create());
    return [name, countParameters(architecture), countMultiplyAdds(architecture)];
  });
  assertEquals(sizes, [
    ["small", 16_586, 1_041_160],
    ["squeeze", 177_698, 2_944_984],
    ["wide", 364_906, 17_578_112],
    // As published: 0.27 M parameters.
    ["resnet20", 269_722, 40_551_040],
  ]);
});

Deno.test("the squeezing student gates every block, the residual network adds with activation", () => {
  const count = (name: StudentName, op: string) => students[name]().nodes.filter((node) => node.op === op).length;
  assertEquals(count("squeeze", "squeezeExcite"), count("squeeze", "depthwiseConv"));
  assertEquals(count("resnet20", "conv"), 19);
  assertEquals(count("resnet20", "subsample"), 2);
  assert(students.resnet20().nodes.every((node) => node.op !== "add" || node.activation === "relu"));
  assertEquals([...mobileStudents, "resnet20"], Object.keys(students));
});

Deno.test("the same seed samples the same students, another one others", () => {
  const size = { height: 28, width: 28, channels: 1, classes: 10 };
  const hashes = (seed: number) => sampleStudents(3, seed, size).map(architectureHash);
  assertEquals(hashes(1), hashes(1));
  assert(hashes(1).every((hash) => !hashes(2).includes(hash)));
});

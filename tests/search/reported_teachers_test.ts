import { assertEquals } from "@std/assert";
import { reportedTeachers, saveTeachers, saveTestAccuracies, teachersInWords } from "../../search/reported_teachers.ts";

function memory(values: Record<string, unknown> = {}) {
  const kept = new Map(Object.entries(values));
  return {
    get: (key: string) => kept.get(key),
    set: (key: string, value: unknown) => void kept.set(key, JSON.parse(JSON.stringify(value))),
  };
}

const sizes = { parameters: 1000, multiplyAdds: 2000 };
const unknown = { parameters: null, multiplyAdds: null };

Deno.test("every teacher is kept in order, with its accuracy on the test images once it is known", () => {
  const store = memory();
  assertEquals(reportedTeachers(store), []);
  const teachers = [
    { name: "residual teacher", hash: "a", accuracy: 0.92, ...sizes },
    { name: "logits.npy", hash: "b", accuracy: null, ...unknown },
  ];
  saveTeachers(store, teachers.map((teacher) => ({ ...teacher, file: "not kept" })));
  assertEquals(reportedTeachers(store), teachers.map((teacher) => ({ ...teacher, testAccuracy: null })));
  saveTestAccuracies(store, [0.9, null]);
  assertEquals(reportedTeachers(store).map(({ testAccuracy }) => testAccuracy), [0.9, null]);
  assertEquals(
    teachersInWords(reportedTeachers(store)),
    "2 teachers: residual teacher (92.0 %), logits.npy (not scored)",
  );
  assertEquals(teachersInWords(teachers.slice(0, 1)), "residual teacher (92.0 %)");
  assertEquals(teachersInWords([]), "none");
  const namesakes = [0.92, 0.9].map((accuracy) => ({ name: "residual teacher", accuracy }));
  assertEquals(
    teachersInWords([...namesakes, { name: "a.onnx", accuracy: 0.8 }]),
    "3 teachers: residual teacher 1 (92.0 %), residual teacher 2 (90.0 %), a.onnx (80.0 %)",
  );
});

Deno.test("runs that kept their first teacher alone are read, all hashes with it", () => {
  const first = { name: "a.onnx", accuracy: 0.92, ...unknown };
  const config = { teacher: ["models/a.onnx", "models/b.npy"] };
  const read = (values: Record<string, unknown>) =>
    reportedTeachers(memory({ teacherTestAccuracies: [0.9], ...values }));
  const a = { ...first, hash: "a", testAccuracy: 0.9 };
  assertEquals(read({ teacher: { ...first, hash: "a", file: "x" } }), [a]);
  const b = { name: "b.npy", hash: "b", accuracy: null, testAccuracy: null, ...unknown };
  assertEquals(read({ teacher: first, teacherHashes: ["a", "b"], config }), [a, b]);
  // What knows the training images alone was no record at all.
  const [table] = read({ teacherHashes: ["a"], config, teacherTestAccuracies: undefined });
  assertEquals(table, { ...a, name: "a.onnx", accuracy: null, testAccuracy: null });
});

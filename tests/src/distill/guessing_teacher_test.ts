import { assertEquals, assertStringIncludes } from "@std/assert";
import { guessWarning } from "../../../src/distill/guessing_teacher.ts";
import { noiseData } from "../teachers/fixtures.ts";

/** Data whose validation images are `counts[label]` of each class. */
function dataOf(...counts: number[]) {
  const data = noiseData();
  const labels = Uint16Array.from(counts.flatMap((count, label) => Array<number>(count).fill(label)));
  const { dataset } = data;
  return {
    ...data,
    dataset: { ...dataset, train: { ...dataset.train, labels } },
    validation: Uint32Array.from(labels.keys()),
  };
}

Deno.test("a teacher that is hardly better than chance is warned of, in a line that says what may be wrong", () => {
  const ten = dataOf(...Array<number>(10).fill(10));
  assertEquals(
    guessWarning({ name: "a.onnx", accuracy: 0.098 }, ten),
    "Warning: the teacher a.onnx scores 9.8 % on validation, no better than chance, 10.0 %: are " +
      "--teacher-normalisation and --teacher-classes right?",
  );
  assertStringIncludes(guessWarning({ name: "a", accuracy: 0.165 }, ten) ?? "", "hardly better than chance, 10.0 %");
  assertEquals(guessWarning({ name: "a", accuracy: 0.2 }, ten), undefined);
  assertEquals(guessWarning({ name: "a" }, ten), undefined);
});

Deno.test("chance is the share of the most frequent class, and with many classes twice of it is no guess", () => {
  const uneven = dataOf(80, 20);
  assertStringIncludes(guessWarning({ name: "a", accuracy: 0.8 }, uneven) ?? "", "no better than chance, 80.0 %");
  assertEquals(guessWarning({ name: "a", accuracy: 0.83 }, uneven), undefined);
  const many = dataOf(...Array<number>(200).fill(1));
  assertEquals(guessWarning({ name: "a", accuracy: 0.02 }, many), undefined);
});

import { assertEquals, assertThrows } from "@std/assert";
import { givenTeacherFlags, requireTeacherFlags } from "../../../src/distill/teacher_flags.ts";
import { createMethod } from "../../../src/procedures/table.ts";
import { distillOptionsSchema } from "../../../src/schemas/distill_options.ts";

const check = (distiller: string, flags: Record<string, unknown>) =>
  requireTeacherFlags(createMethod(distiller), givenTeacherFlags(distillOptionsSchema.parse(flags)));

Deno.test("a flag about teachers without effect is refused with what it is for", () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ["kd", { teacher: ["auto", "a.onnx"] }, "--teacher is auto, or files: not both"],
    ["none", { teachers: 2 }, '--teachers 2: "none" learns from no teacher'],
    ["mutual", { teachers: 1 }, '--teachers 1: "mutual" learns from no teacher'],
    ["none", { teacher: ["a.onnx"] }, '--teacher a.onnx: "none" learns from no teacher'],
    [
      "kd",
      { teacher: ["a.onnx"], teachers: 1 },
      "--teachers 1 is the number of automatic teachers, but --teacher gives a.onnx",
    ],
    ...Object.entries({
      "teacher-normalisation": { teacherNormalisation: "unit" },
      "teacher-resize": { teacherResize: true },
      "teacher-colours": { teacherColours: true },
      "teacher-classes": { teacherClasses: "0,1" },
      "teacher-architecture": { teacherArchitecture: "resnet20" },
    }).map(([flag, flags]): [string, Record<string, unknown>, string] => [
      "kd",
      flags,
      `--${flag} is for teachers given by --teacher FILE, and none is given`,
    ]),
    ["kd", { teacher: ["a"], teacherEpochs: 9 }, "--teacher-epochs is for automatic teachers, but --teacher gives a"],
    ["none", { teacherEpochs: 9 }, '--teacher-epochs is for automatic teachers, but "none" is given no teacher'],
    [
      "born-again",
      { teacherTrainImages: 9 },
      '--teacher-train-images is for automatic teachers, but "born-again" is given no teacher',
    ],
    [
      "none",
      { teacherRendering: "edges" },
      '--teacher-rendering is for methods with a teacher; "none" is given no teacher',
    ],
    ["none", { freshTeacher: true }, '--fresh-teacher is for methods with a teacher; "none" is given no teacher'],
    [
      "pruning",
      { teachers: 0, freshTeacher: true },
      '--fresh-teacher is for methods with a teacher; "pruning" is given no teacher',
    ],
  ];
  for (const [distiller, flags, message] of cases) {
    assertEquals(assertThrows(() => check(distiller, flags), RangeError).message, message);
  }
});

Deno.test("flags about teachers that have an effect pass", () => {
  const cases: [string, Record<string, unknown>][] = [
    ["none", {}],
    ["kd", { teacherEpochs: 9, teacherTrainImages: 9, teacherRendering: "edges", freshTeacher: true }],
    ["kd", { teacher: ["a"], teacherResize: true, teacherRendering: "edges", freshTeacher: true }],
    ["multi-teacher", { teachers: 4 }],
    ["pruning", { teachers: 0 }],
    ["pruning", { teacherEpochs: 9 }],
    ["born-again", { teachers: 1, teacherEpochs: 9 }],
    // They keep teachers of their own.
    ["early-stopped", { freshTeacher: true }],
    ["route-constrained", { freshTeacher: true }],
  ];
  for (const [distiller, flags] of cases) check(distiller, flags);
});

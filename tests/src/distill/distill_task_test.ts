import { assertEquals, assertRejects } from "@std/assert";
import { distillTask } from "../../../src/distill/distill_task.ts";
import { distillOptionsSchema } from "../../../src/schemas/distill_options.ts";

Deno.test("flags that mean nothing on a task beyond classification are refused before anything is trained", async () => {
  const flags: Record<string, Record<string, unknown>> = {
    "teacher-normalisation": { teacherNormalisation: "unit" },
    "teacher-resize": { teacherResize: true },
    "teacher-colours": { teacherColours: true },
    "teacher-classes": { teacherClasses: "0,1" },
    "teacher-architecture": { teacherArchitecture: "resnet20" },
    "teacher-rendering": { teacherRendering: "plain" },
    "teacher-train-images": { teacherTrainImages: 9 },
    "fresh-teacher": { freshTeacher: true },
    unlabelled: { unlabelled: "folder" },
    dataset: { dataset: "mnist" },
    "image-size": { imageSize: 32 },
    rendering: { rendering: "edges" },
    views: { views: 3 },
    "data-seed": { dataSeed: 3 },
    test: { test: true },
  };
  const refusal = async (options: Record<string, unknown>) => {
    const parsed = distillOptionsSchema.parse({ task: "segmentation", distiller: "structured", ...options });
    return (await assertRejects(() => distillTask(parsed), RangeError) as Error).message;
  };
  for (const [flag, options] of Object.entries(flags)) {
    assertEquals(
      await refusal(options),
      `--${flag} is for classification; segmentation makes its data, and its teachers, anew from --seed`,
    );
  }
  assertEquals(
    await refusal({ teacher: ["a.onnx"] }),
    "--teacher a.onnx: files are for classification; the teachers of segmentation are trained",
  );
  assertEquals(await refusal({ distiller: "none", teachers: 2 }), '--teachers 2: "none" learns from no teacher');
});

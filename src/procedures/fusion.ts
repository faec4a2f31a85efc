// Several students in place of one (Wu, Chiu & Wu 2019, ICASSP, 10.1016/j.sysarc.2019.101695): each learns from a teacher of
// its own, on images of its own modality if asked; their probabilities are averaged by weight at inference.
import * as z from "zod";
import { type RenderingName, renderingNames } from "../data/renderings.ts";
import { hashSeed } from "../data/random.ts";
import { alphaOption, kd, temperatureOption } from "../distillation/kd.ts";
import { normaliseWeights } from "../distillation/multi_teacher.ts";
import { renderedTeacher } from "../teachers/rendered_teacher.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { countSteps, train, type Trained } from "../training/train.ts";
import { probabilitiesOf } from "./probabilities.ts";
import { defineProcedure, type ProcedureContext } from "./procedure.ts";
import { accuracyOf, validationLabels, validationLogits } from "./validation.ts";

const renderingList = z.array(z.enum(renderingNames)).min(1).max(16).optional();

const options = z.strictObject({
  students: z.int().min(2).max(16).optional()
    .describe("by default one per teacher or entry of a list, at least 2; teachers take turns"),
  weights: z.array(z.number().min(0)).min(2).optional().describe("of the students' probabilities; equal by default"),
  renderings: renderingList.describe("of the students' images, in turn; by default as the data has them"),
  teacherRenderings: renderingList
    .describe("of each student's teacher's images, in turn; by default as the data has them"),
  temperature: temperatureOption.default(4),
  alpha: alphaOption.default(0.1),
}).refine(
  ({ renderings = [], students = Infinity, teacherRenderings = [], weights = [] }) =>
    Math.max(renderings.length, teacherRenderings.length, weights.length) <= students,
  {
    path: ["students"],
    message: "a list has more entries than there are students",
  },
);

type FusionOptions = z.output<typeof options>;

interface FusedStudent {
  teacher: Teacher;
  rendering: RenderingName;
  teacherRendering: RenderingName;
  seed: number;
}

function studentsOf({ data, seed, teachers }: ProcedureContext, options: FusionOptions): FusedStudent[] {
  const { renderings = [], teacherRenderings = [], weights = [] } = options;
  const most = Math.max(2, teachers.length, renderings.length, teacherRenderings.length, weights.length);
  const count = options.students ?? most;
  if (count < teachers.length) {
    throw new RangeError(`fusion has ${count} students for ${teachers.length} teachers: one would teach nobody`);
  }
  const own = data.rendering ?? "plain";
  const inTurn = (list: readonly RenderingName[], index: number) => list[index % list.length] ?? own;
  if (!Array.from({ length: count }, (_, index) => inTurn(renderings, index)).includes(own)) {
    throw new RangeError(
      `fusion gives back one student, who must know the data's own images: add ${own} to its renderings, got ` +
        renderings.join(", "),
    );
  }
  return Array.from({ length: count }, (_, index) => ({
    teacher: teachers[index % teachers.length],
    rendering: inTurn(renderings, index),
    teacherRendering: inTurn(teacherRenderings, index),
    // The first is the student that a plain distillation would train.
    seed: index === 0 ? seed : hashSeed(seed, "fusion", index),
  }));
}

/** `teacher` by its logits of the very images that it is given: what others keep of its answers was of other images. */
function predicting(teacher: Teacher, predict: NonNullable<Teacher["predict"]>): Teacher {
  return {
    ...teacher,
    gives: ["logits"],
    outputs: async ({ images }) => ({ logits: await predict.call(teacher, images), features: {} }),
    predict: (images) => predict.call(teacher, images),
  };
}

/** A teacher as `student` is to meet it. */
function teacherOf(
  { rendering, teacher, teacherRendering }: FusedStudent,
  { batchSize, data }: Pick<ProcedureContext, "batchSize" | "data">,
): Teacher {
  const { predict } = teacher;
  const own = data.rendering ?? "plain";
  if (teacherRendering === own) {
    // One that does not look at images (a table of logits) knows them in the data's own rendering.
    return rendering === own || !predict ? teacher : renderedTeacher(teacher, { data, rendering: own, batchSize });
  }
  return renderedTeacher(predict ? predicting(teacher, predict) : teacher, {
    data,
    rendering: teacherRendering,
    batchSize,
  });
}

/** Mean probabilities `[N, classes]` of networks with logits `[N, classes]`; `weights` sum up to 1. */
export function fuse(
  logits: readonly Float32Array[],
  { classes, weights }: { classes: number; weights: ArrayLike<number> },
): Float32Array {
  const all = logits.map((each) => probabilitiesOf(each, classes));
  return all[0].map((_, place) => all.reduce((sum, each, network) => sum + weights[network] * each[place], 0));
}

export const fusion = defineProcedure({
  name: "fusion",
  summary: "several students, each by its own teacher, whose probabilities are averaged",
  paper: "10.1016/j.sysarc.2019.101695",
  tasks: ["classification"],
  options,
  create: (options) => ({
    needs: ["logits"],
    teachers: { least: 1, most: Infinity },
    async run(context) {
      const { architecture, data, log } = context;
      const students = studentsOf(context, options);
      const weights = normaliseWeights(students.length, options.weights);
      const distiller = kd.create({ temperature: options.temperature, alpha: options.alpha });
      const labels = validationLabels(data);
      const all: Trained[] = [];
      const logits: Float32Array[] = [];
      const accuracies: number[] = [];
      for (const [index, student] of students.entries()) {
        const rendered = { ...data, rendering: student.rendering };
        const perStudent = countSteps({ ...context, trainImages: Math.min(context.trainImages, data.train.length) });
        const trained = await train(architecture, {
          ...context,
          data: rendered,
          seed: student.seed,
          distiller,
          teachers: [teacherOf(student, context)],
          onStep: (step) => context.onStep?.(index * perStudent + step, students.length * perStudent),
        });
        all.push(trained);
        logits.push(await validationLogits({ ...context, data: rendered }, { architecture, weights: trained.weights }));
        accuracies.push(accuracyOf(logits[index], labels));
        log?.(
          `student ${index + 1} of ${students.length} (${student.rendering} images, ${student.teacher.name}): ` +
            `validation accuracy ${accuracies[index].toFixed(4)}`,
        );
      }
      const fused = accuracyOf(fuse(logits, { weights, classes: architecture.classes }), labels);
      log?.(`fused: validation accuracy ${fused.toFixed(4)}`);
      const best = bestOf(students, accuracies, data.rendering ?? "plain");
      return {
        architecture,
        weights: all[best].weights,
        steps: all.reduce((sum, { steps }) => sum + steps, 0),
        seconds: all.reduce((sum, { seconds }) => sum + seconds, 0),
        loss: all[best].loss,
        details: {
          fusedAccuracy: fused,
          weights: Array.from(weights),
          returned: best,
          students: students.map(({ rendering, seed, teacher, teacherRendering }, index) => ({
            accuracy: accuracies[index],
            rendering,
            seed,
            teacher: teacher.name,
            teacherRendering,
          })),
        },
      };
    },
  }),
});

/** The most accurate of those on images as the caller will score them. */
function bestOf(students: readonly FusedStudent[], accuracies: readonly number[], rendering: RenderingName): number {
  const alike = [...students.keys()].filter((index) => students[index].rendering === rendering);
  return alike.reduce((best, index) => accuracies[index] > accuracies[best] ? index : best);
}

// Cho & Hariharan 2019, "On the Efficacy of Knowledge Distillation" (1910.01348): large teachers teach small students
// better when they are trained on a compressed schedule, and the student when it drops the teacher before its own end.
import * as z from "zod";
import { alphaOption, temperatureOption } from "../distillation/kd.ts";
import { none } from "../distillation/none.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { automaticTeacher, sharedSeed } from "./automatic_teacher.ts";
import { earlyStoppedKd } from "./early_stopped_distiller.ts";
import { ensureNetworks, networkKey } from "./kept_networks.ts";
import { defineProcedure, type ProcedureContext } from "./procedure.ts";
import { teacherOf } from "./remembering_teacher.ts";
import { stepsOf, Trainings } from "./trainings.ts";

/** The built-in teacher after `epochs` epochs of a schedule of that length, from the cache or trained now. */
async function shortTeacher(context: ProcedureContext, trainings: Trainings, epochs: number): Promise<Teacher> {
  const architecture = automaticTeacher(context.data);
  const name = `teacher of ${epochs} epoch${epochs === 1 ? "" : "s"}`;
  const seed = sharedSeed(context.data, "early-stopped", epochs);
  const { networks: [network], cached } = await ensureNetworks(
    context,
    [networkKey(context, { architecture, epochs, seed, distiller: "none" })],
    async () => [
      await trainings.train(name, architecture, { distiller: none.create({}), seed, epochs }),
    ],
    () => trainings.tell(0),
  );
  if (cached) trainings.spare(stepsOf(context, epochs));
  return teacherOf(network, name, context);
}

/** The student makes the context's epochs; without a given teacher, its epochs come on top, once per cache. */
export const earlyStopped = defineProcedure({
  name: "early-stopped",
  summary: "a teacher of a short schedule, dropped before the student's end",
  paper: "1910.01348",
  tasks: ["classification"],
  options: z.strictObject({
    temperature: temperatureOption.default(4),
    alpha: alphaOption.default(0.1),
    stop: z.number().gt(0).max(1).default(0.5).describe("share of the student's steps after which only labels count"),
    teacherEpochs: z.int().min(1).max(10_000).optional()
      .describe("epochs of the teacher, on a schedule of that length; not with a given teacher"),
    teacherShare: z.number().gt(0).max(1).default(0.25)
      .describe("those epochs as a share of the student's, where they are not given"),
  }),
  create: ({ temperature, alpha, stop, teacherEpochs, teacherShare }) => ({
    needs: ["logits"],
    teachers: { least: 0, most: 1 },
    keepsNetworks: true,
    startsFromWeights: true,
    async run(context) {
      const { architecture, seed, startWeights: weights, teachers } = context;
      const given = teachers.at(0);
      if (given && teacherEpochs !== undefined) {
        throw new RangeError(`early-stopped takes teacherEpochs or a teacher, got both (${given.name})`);
      }
      const epochs = teacherEpochs ?? Math.max(1, Math.round(teacherShare * context.epochs));
      const trainings = new Trainings(context, stepsOf(context) + (given ? 0 : stepsOf(context, epochs)));
      const teacher = given ?? await shortTeacher(context, trainings, epochs);
      const borrowed = { dispose: () => given ? undefined : teacher.dispose() };
      return await disposeAfter(borrowed, async () => {
        const student = await trainings.train("student", architecture, {
          distiller: earlyStoppedKd({ temperature, alpha, stop }),
          teachers: [teacher],
          seed,
          weights,
        });
        const { accuracy, loss } = student;
        const details = { accuracy, teacher: teacher.name, stop, ...(given ? {} : { teacherEpochs: epochs }) };
        return { architecture, weights: student.weights, loss, ...trainings.spent, details };
      });
    },
  }),
});

// Mirzadeh et al. 2019, "Improved Knowledge Distillation via Teacher Assistant" (1902.03393): a chain of distillations
// over networks of sizes between teacher and student, each taught by the one before, none trained from the labels
// alone.
import * as z from "zod";
import { alphaOption, kd, temperatureOption } from "../distillation/kd.ts";
import { scaleWidth } from "../models/width.ts";
import { countParameters } from "../ops/layout.ts";
import { contentHash } from "../schemas/architecture.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { automaticWidths, pathsOver } from "./assistant_paths.ts";
import { automaticTeacher, sharedSeed } from "./automatic_teacher.ts";
import { ensureNetworks, networkKey } from "./kept_networks.ts";
import { defineProcedure, type ProcedureContext } from "./procedure.ts";
import { teacherOf } from "./remembering_teacher.ts";
import { type ScoredNetwork, stepsOf, Trainings } from "./trainings.ts";

const options = z.strictObject({
  temperature: temperatureOption.default(4),
  alpha: alphaOption.default(0.1),
  path: z.union([z.literal("auto"), z.array(z.number().gt(0).max(8)).max(6)]).default("auto").describe(
    "widths of the assistants relative to their form, passed from the largest to the smallest, [0.75, 0.5]; or auto",
  ),
  assistants: z.int().min(0).max(4).default(1).describe("how many assistants auto takes"),
  form: z.enum(["teacher", "student"]).default("teacher").describe(
    "what assistants are: the built-in teacher narrowed, or the student widened",
  ),
  search: z.boolean().default(false).describe(
    "train the student over each of the 2^n paths, and keep the one best on the validation images",
  ),
  assistantEpochs: z.int().min(1).max(10_000).optional().describe("epochs of each assistant; default: the student's"),
});

type Options = z.output<typeof options>;

/** The assistants of a student, trained when they are asked for and kept until the end. */
class Assistants {
  readonly #context: ProcedureContext;
  readonly #trainings: Trainings;
  readonly #options: Options;
  readonly #form;
  readonly #known = new Map<string, Teacher>();
  readonly epochs: number;

  constructor(context: ProcedureContext, trainings: Trainings, options: Options) {
    this.#context = context;
    this.#trainings = trainings;
    this.#options = options;
    this.#form = formOf(context, options);
    this.epochs = options.assistantEpochs ?? context.epochs;
  }

  /** The last one of the chain over `widths`, or the context's own teacher where they are none. */
  async last(widths: readonly number[]): Promise<Teacher> {
    if (widths.length === 0) return this.#context.teachers[0];
    const name = `assistant ${widths.join(" > ")}`;
    const known = this.#known.get(name);
    if (known) return known;
    const teacher = await this.last(widths.slice(0, -1));
    const assistant = await this.#train(name, widths[widths.length - 1], teacher);
    this.#known.set(name, assistant);
    return assistant;
  }

  async #train(name: string, width: number, teacher: Teacher): Promise<Teacher> {
    const [context, trainings, { temperature, alpha, form }] = [this.#context, this.#trainings, this.#options];
    const architecture = scaleWidth(this.#form, width);
    const { epochs } = this;
    const recipe = { architecture, epochs, teacher: teacher.hash, distiller: { name: "kd", temperature, alpha } };
    const seed = sharedSeed(context.data, "assistant", contentHash(recipe));
    const { networks: [network], cached } = await ensureNetworks(
      // What is made from the student would fill the disk without ever being read again.
      form === "teacher" ? context : { log: context.log },
      [networkKey(context, { ...recipe, seed })],
      async () => [
        await trainings.train(name, architecture, {
          distiller: kd.create({ temperature, alpha }),
          teachers: [teacher],
          seed,
          epochs,
        }),
      ],
      () => trainings.tell(0),
    );
    if (cached) trainings.spare(stepsOf(context, epochs));
    return teacherOf(network, name, context, {
      epochs: Math.max(epochs, context.epochs),
      // In a search of paths more than one passes over most assistants.
      trainings: this.#options.search ? 2 : 1,
    });
  }

  dispose(): void {
    for (const teacher of this.#known.values()) teacher.dispose();
    this.#known.clear();
  }
}

function formOf({ architecture, data }: ProcedureContext, { form }: Options) {
  return form === "student" ? architecture : automaticTeacher(data);
}

/** Widths of all assistants, the largest first. */
function widthsFor(context: ProcedureContext, options: Options): number[] {
  if (options.path !== "auto") {
    const sorted = options.path.toSorted((a, b) => b - a);
    const twice = sorted.find((width, index) => width === sorted[index + 1]);
    if (twice !== undefined) throw new RangeError(`path has the width ${twice} twice`);
    return sorted;
  }
  return automaticWidths(formOf(context, options), {
    count: options.assistants,
    studentParameters: countParameters(context.architecture),
    // A given teacher does not tell its size; the built-in one stands for it.
    teacherParameters: countParameters(automaticTeacher(context.data)),
  });
}

/**
 * The student makes the context's epochs on each path that is tried, each assistant its own epochs once per cache: over
 * n assistants n trainings and one of the student, or in a search of paths 2^n - 1 and 2^n. Without assistants it is
 * `kd`.
 */
export const assistant = defineProcedure({
  name: "assistant",
  summary: "a chain of distillations over networks of sizes in between",
  paper: "1902.03393",
  tasks: ["classification"],
  options,
  create: (options) => ({
    needs: ["logits"],
    teachers: { least: 1, most: 1 },
    keepsNetworks: true,
    async run(context) {
      const { architecture, seed } = context;
      const widths = widthsFor(context, options);
      const paths = options.search ? pathsOver(widths) : [widths];
      const { temperature, alpha, form, assistantEpochs = context.epochs } = options;
      const chains = options.search ? 2 ** widths.length - 1 : widths.length;
      const trainings = new Trainings(
        context,
        paths.length * stepsOf(context) + chains * stepsOf(context, assistantEpochs),
      );
      const assistants = new Assistants(context, trainings, options);
      return await disposeAfter(assistants, async () => {
        let best: { path: number[]; student: ScoredNetwork } | undefined;
        const tried: { path: number[]; accuracy: number }[] = [];
        for (const path of paths) {
          const teacher = await assistants.last(path);
          const label = path.length === 0 ? "student of the teacher itself" : `student of ${teacher.name}`;
          const student = await trainings.train(label, architecture, {
            distiller: kd.create({ temperature, alpha }),
            teachers: [teacher],
            seed,
          });
          tried.push({ path, accuracy: student.accuracy });
          if (!best || student.accuracy > best.student.accuracy) best = { path, student };
        }
        if (!best) throw new Error("no path was tried");
        const { path, student: { accuracy, weights, loss } } = best;
        const parameters = path.map((width) => countParameters(scaleWidth(formOf(context, options), width)));
        const details = { accuracy, path, form, assistantParameters: parameters, paths: tried };
        return { architecture, weights, loss, ...trainings.spent, details };
      });
    },
  }),
});

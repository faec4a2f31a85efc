// Jin et al. 2019, "Knowledge Distillation via Route Constrained Optimization" (1904.09149): the student follows
// checkpoints of the teacher's own training, the anchors, from easy to converged, each phase going on from the weights
// of the one before.
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { alphaOption, kd, temperatureOption } from "../distillation/kd.ts";
import type { Distiller } from "../distillation/distiller.ts";
import { fitnets } from "../distillation/fitnets.ts";
import { sumOf } from "../distillation/sum.ts";
import type { Weights } from "../engine/network.ts";
import { initialiseWeights } from "../models/weights.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { divergence, probabilitiesOf } from "./probabilities.ts";
import { defineProcedure, type Procedure, type ProcedureContext } from "./procedure.ts";
import { equalIntervals, nextAnchor } from "./route_constrained_anchors.ts";
import { teacherLogits, trainRoute } from "./route_constrained_route.ts";
import { type ScoredNetwork, stepsOf, Trainings } from "./trainings.ts";
import { validationLogits } from "./validation.ts";

const options = z.strictObject({
  temperature: temperatureOption.default(4),
  alpha: alphaOption.default(0.1),
  anchors: z.int().min(1).max(40).default(4).describe("checkpoints to pass; of the greedy schedule at most"),
  schedule: z.enum(["equal-interval", "greedy"]).default("equal-interval").describe(
    "anchors at equal intervals, or each where the student's divergence from the teacher has grown by the threshold",
  ),
  threshold: z.number().gt(0).max(100).default(0.8).describe("growth that ends a greedy interval, relative"),
  on: z.enum(["logits", "hints"]).default("logits").describe("learn the anchors' logits, or their features too"),
  budget: z.enum(["shared", "each"]).default("shared").describe(
    "the student's epochs are shared among the anchors, or each anchor has them all",
  ),
  teacherEpochs: z.int().min(1).max(10_000).optional().describe(
    "epochs of the built-in teacher whose route is taken; default: the student's; not with given teachers",
  ),
});

type Options = z.output<typeof options>;

/** Divergence of a student from each teacher on the validation images, at the temperature of the loss. */
class RouteDivergences {
  readonly #context: ProcedureContext;
  readonly #route: readonly Teacher[];
  readonly #temperature: number;
  #teachers: readonly Float32Array[] | undefined;

  constructor(context: ProcedureContext, route: readonly Teacher[], temperature: number) {
    this.#context = context;
    this.#route = route;
    this.#temperature = temperature;
  }

  async of(weights: Weights): Promise<number[]> {
    const { architecture } = this.#context;
    const soften = (logits: Float32Array) => probabilitiesOf(logits, architecture.classes, this.#temperature);
    if (!this.#teachers) {
      const teachers: Float32Array[] = [];
      for (const teacher of this.#route) teachers.push(soften(await teacherLogits(teacher, this.#context)));
      this.#teachers = teachers;
    }
    const own = soften(await validationLogits(this.#context, { architecture, weights }));
    return this.#teachers.map((teacher) => divergence(teacher, own) / this.#context.data.validation.length);
  }
}

/** Epochs of a phase: equal parts, of which the converged teacher, the last one, takes what is left. */
function phaseEpochs(context: ProcedureContext, options: Options, count: number, used: number, isLast: boolean) {
  if (options.budget === "each") return context.epochs;
  return isLast ? context.epochs - used : Math.floor(context.epochs / count);
}

async function follow(
  route: readonly Teacher[],
  context: ProcedureContext,
  { trainings, options, count, distiller }: {
    trainings: Trainings;
    options: Options;
    count: number;
    distiller: Distiller;
  },
) {
  const { architecture, seed } = context;
  const last = route.length - 1;
  const equal = equalIntervals(route.length, count).map((number) => number - 1);
  const divergences = new RouteDivergences(context, route, options.temperature);
  const passed: { anchor: string; epochs: number; accuracy: number }[] = [];
  let student: ScoredNetwork | undefined;
  for (let phase = 0, current = 0, used = 0;; phase++) {
    if (phase === count - 1) current = last;
    else if (options.schedule === "equal-interval") current = equal[phase];
    else {
      const weights = student?.weights ?? initialiseWeights(architecture, seed);
      current = nextAnchor(await divergences.of(weights), current, options.threshold);
    }
    const epochs = phaseEpochs(context, options, count, used, current === last);
    const anchor = route[current];
    student = await trainings.train(`student of ${anchor.name}`, architecture, {
      distiller,
      teachers: [anchor],
      epochs,
      ...(student ? { weights: student.weights, seed: hashSeed(seed, "anchor", phase) } : { seed }),
    });
    passed.push({ anchor: anchor.name, epochs, accuracy: student.accuracy });
    if (current === last) {
      // A greedy student may need fewer anchors than it is allowed.
      if (options.budget === "each") trainings.spare((count - 1 - phase) * stepsOf(context));
      return { student, passed };
    }
    used += epochs;
  }
}

const taking = { least: 0, most: Infinity };

/**
 * The student makes the context's epochs in all, or with `budget` `each` those of every anchor; the learning rate's
 * schedule starts anew with each anchor, as in the paper. Given teachers are checkpoints of one training, the last one
 * converged; without them, the built-in teacher's route is trained, once per cache. With one anchor it is `kd`.
 */
export const routeConstrained = defineProcedure({
  name: "route-constrained",
  summary: "checkpoints of the teacher's own training, one after the other",
  paper: "1904.09149",
  tasks: ["classification"],
  options,
  create: (options) => {
    const wanted = {
      needs: options.on === "hints" ? ["logits", "stages"] : ["logits"],
      teachers: taking,
      keepsNetworks: true,
    } satisfies Partial<Procedure>;
    return {
      ...wanted,
      async run(context) {
        const { architecture, teachers } = context;
        const { anchors, teacherEpochs } = options;
        if (teachers.length > 0 && teacherEpochs !== undefined) {
          throw new RangeError("route-constrained takes teacherEpochs or teachers, got both");
        }
        if (teachers.length === 1 && anchors > 1) {
          throw new RangeError(
            `route-constrained with ${anchors} anchors takes several checkpoints of one teacher in their order, or none ` +
              `to train the built-in one; got ${teachers[0].name} alone`,
          );
        }
        const own = teachers.length === 0 ? teacherEpochs ?? context.epochs : 0;
        const length = own || teachers.length;
        const most = Math.min(anchors, length, options.budget === "each" ? Infinity : context.epochs);
        const studentSteps = stepsOf(context) * (options.budget === "each" ? most : 1);
        const trainings = new Trainings(context, studentSteps + (own ? stepsOf(context, own) : 0));
        const route = own ? await trainRoute(context, trainings, own) : teachers;
        const trained = { dispose: () => own ? route.forEach((teacher) => teacher.dispose()) : undefined };
        return await disposeAfter(trained, async () => {
          const { student, passed } = await follow(route, context, {
            trainings,
            options,
            count: most,
            distiller: distillerOf(options),
          });
          const { accuracy, weights, loss } = student;
          const details = { accuracy, schedule: options.schedule, on: options.on, anchors: passed };
          return { architecture, weights, loss, ...trainings.spent, details };
        });
      },
    };
  },
});

function distillerOf({ on, temperature, alpha }: Options): Distiller {
  const logits = kd.create({ temperature, alpha });
  if (on === "logits") return logits;
  return sumOf([logits, fitnets.create(fitnets.options.parse({ mode: "joint" }))]);
}

// The contract of a method over whole trainings: it trains one or more networks, in its own order, and gives a student.
import type * as z from "zod";
import type { Dataset } from "../data/dataset.ts";
import type { TrainingData } from "../data/training_data.ts";
import type { TaskName, TeacherNeed } from "../distillation/distiller.ts";
import type { Engine, Weights } from "../engine/network.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { requireTeachers } from "../training/train.ts";

/** What a procedure works with; the numbers are the budget of the student's own training. All stays the caller's. */
export interface ProcedureContext {
  /** The student. */
  architecture: Architecture;
  engine: Engine;
  data: TrainingData;
  teachers: readonly Teacher[];
  trainImages: number;
  epochs: number;
  batchSize: number;
  views: number;
  seed: number;
  peakLearningRate: number;
  /** Weights that the student starts from in place of those of the seed; for methods that say `startsFromWeights`. */
  startWeights?: Weights;
  /** Images without labels for methods that use them; its training part is taken. */
  unlabelled?: Dataset;
  /** Folder where networks that do not depend on the student (assistants, anchors) are kept between trainings. */
  cacheDir?: string;
  /** Networks kept from before this time, in milliseconds since 1970, are made anew; without it none is. */
  freshSince?: number;
  signal?: AbortSignal;
  /** Steps of all trainings that the procedure makes. */
  onStep?: (step: number, steps: number) => void;
  /** Lines for people: what is being trained now, what it scored. */
  log?: (line: string) => void;
}

/** A trained network. */
export interface TrainedNetwork {
  /** Another one than the context's where the method changes it (pruning). */
  architecture: Architecture;
  weights: Weights;
}

export interface ProcedureResult extends TrainedNetwork {
  /** Steps of all trainings. */
  steps: number;
  seconds: number;
  /** Of the student's last training. */
  loss: number;
  /** What else is worth knowing, JSON: accuracies on validation images of other networks, chosen paths, sizes. */
  details: Record<string, unknown>;
}

/** How many teachers a procedure takes. */
export interface TeacherCounts {
  least: number;
  most: number;
  /** How many automatic ones it is given where the user does not say; default: `least`, or several where it takes them. */
  preferred?: number;
}

/** A procedure with its options. Throws as `train` does. */
export interface Procedure {
  readonly name: string;
  readonly tasks: readonly TaskName[];
  readonly needs: readonly TeacherNeed[];
  readonly teachers: TeacherCounts;
  /** Its student may be another network than the context's. */
  readonly changesArchitecture?: true;
  /** It keeps networks of its own in the context's cache. */
  readonly keepsNetworks?: true;
  /** Its student can start from given weights; running another one with them is a RangeError. */
  readonly startsFromWeights?: true;
  /** It learns from images without labels too. */
  readonly usesUnlabelled?: true;
  run(context: ProcedureContext): Promise<ProcedureResult>;
}

/** A row of the table of procedures. */
export interface ProcedureDefinition<Options extends z.ZodObject = z.ZodObject> {
  name: string;
  summary: string;
  paper: string;
  tasks: readonly TaskName[];
  options: Options;
  create(options: z.output<Options>): Procedure;
}

/** Throws a RangeError of one line where a method that cannot start from given weights is given some. */
function requireStart(
  { name, startsFromWeights }: Pick<Procedure, "name" | "startsFromWeights">,
  startWeights: unknown,
): void {
  if (startWeights === undefined || startsFromWeights) return;
  throw new RangeError(
    `${name} cannot start from given weights; methods that are one training by a loss can, for instance kd or oracle`,
  );
}

/** A row whose `create` leaves out what the row says already; running it without the teachers it needs is a RangeError. */
export function defineProcedure<Options extends z.ZodObject>(
  row: Omit<ProcedureDefinition<Options>, "create"> & {
    create(options: z.output<Options>): Omit<Procedure, "name" | "tasks">;
  },
): ProcedureDefinition<Options> {
  const { name, tasks } = row;
  return {
    ...row,
    create(options) {
      const made = row.create(options);
      const procedure = { ...made, name, tasks };
      return {
        ...procedure,
        async run(context) {
          requireStart(procedure, context.startWeights);
          requireTeachers(procedure, context.teachers);
          return await made.run(context);
        },
      };
    },
  };
}

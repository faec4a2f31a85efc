// Several trainings of one procedure, told as one: steps and seconds add up, each ends with a line on what it scored.
import { countSteps, train, type Trained, type TrainOptions } from "../training/train.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { ProcedureContext } from "./procedure.ts";
import { accuracyOf, percent, validationLabels, validationLogits } from "./validation.ts";

/** What differs between the trainings of a procedure; the rest is the context's. */
export interface TrainingPart
  extends
    Pick<TrainOptions, "distiller" | "teachers" | "seed" | "weights" | "onEpoch" | "rule">,
    Partial<Pick<TrainOptions, "peakLearningRate">> {
  /** Default: the context's. */
  epochs?: number;
}

/** A network after its training, with its answers to the validation images. */
export interface ScoredNetwork extends Trained {
  architecture: Architecture;
  /** Logits `[validation images, classes]`. */
  logits: Float32Array;
  /** Share of the validation images. */
  accuracy: number;
}

/** Steps of one training of `epochs` epochs. */
export function stepsOf(context: ProcedureContext, epochs = context.epochs): number {
  const trainImages = Math.min(context.trainImages, context.data.train.length);
  return countSteps({ trainImages, epochs, batchSize: Math.min(context.batchSize, trainImages) });
}

/** Counts what a procedure does. */
export class Trainings {
  readonly #context: ProcedureContext;
  #planned: number;
  #steps = 0;
  #seconds = 0;

  /** `planned`: steps of all trainings that are to come. */
  constructor(context: ProcedureContext, planned: number) {
    this.#context = context;
    this.#planned = planned;
  }

  /** Steps and seconds of all trainings so far. */
  get spent(): { steps: number; seconds: number } {
    return { steps: this.#steps, seconds: this.#seconds };
  }

  /** Steps that were planned, but need not be made. */
  spare(steps: number): void {
    this.#planned -= steps;
  }

  /** Counts steps made and the time they took. */
  count({ steps, seconds }: { steps: number; seconds: number }): void {
    this.#steps += steps;
    this.#seconds += seconds;
  }

  /** Tells of step `step` of the training under way. */
  tell(step: number): void {
    this.#context.onStep?.(this.#steps + step, this.#planned);
  }

  /** Trains `architecture`, scores it, and logs a line that begins with `label`. Throws as `train` does. */
  async train(label: string, architecture: Architecture, part: TrainingPart): Promise<ScoredNetwork> {
    const context = this.#context;
    context.signal?.throwIfAborted();
    const { architecture: _student, onStep: _onStep, teachers: _teachers, ...budget } = context;
    const trained = await train(architecture, {
      ...budget,
      ...part,
      epochs: part.epochs ?? context.epochs,
      onStep: (step) => this.tell(step),
    });
    this.count(trained);
    return { architecture, ...trained, ...await this.score(label, architecture, trained.weights) };
  }

  /** Scores a network on the validation images, and logs a line that begins with `label`. */
  async score(label: string, architecture: Architecture, weights: Trained["weights"]) {
    const { log, data } = this.#context;
    const logits = await validationLogits(this.#context, { architecture, weights }, () => this.tell(0));
    const accuracy = accuracyOf(logits, validationLabels(data));
    log?.(`${label}: ${percent(accuracy)} of ${data.validation.length} validation images`);
    return { logits, accuracy };
  }
}

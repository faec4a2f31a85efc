// What the claims ask of whoever trains for them.
import type { ImageSet } from "../../src/data/dataset.ts";
import type { DatasetName } from "../../src/data/table.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { SpaceOptions } from "../../src/spaces/space.ts";
import type { Variant } from "./job.ts";
import type { Numbers } from "./recipe.ts";

/** A training that is wanted. */
export interface TrainingRequest {
  dataset: DatasetName;
  variant: Variant;
  architecture: Architecture;
  seed: number;
  numbers: Numbers;
  method: string;
  options?: Record<string, unknown>;
  /** In order; each is a training whose weights are kept. */
  teachers: readonly TrainingRequest[];
  /** A training whose weights the network inherits. */
  startFrom?: TrainingRequest;
  /** Whether the test part is read, and its logits kept. */
  test: boolean;
  /** Keeps the weights from the first, where others are going to learn or start from them; changes no result. */
  keepWeights?: boolean;
}

/** What came of it: `diverged` is the network's own fault, a result like others. */
export type TrainingOutcome =
  | { accuracy: number; testAccuracy?: number; verification?: number; logits?: string; diverged?: undefined }
  | { diverged: string };

/** No training is begun any more. */
export class BudgetSpentError extends Error {
  override name = "BudgetSpentError";
  constructor() {
    super("the budget is spent");
  }
}

export interface Lab {
  /**
   * Trains, or tells what came of it before. Rejects with a BudgetSpentError where it would have to begin a training but
   * may not any more, and with an Error where workers fail.
   */
  train(request: TrainingRequest): Promise<TrainingOutcome>;
  /** What networks for `dataset` take in and give out. */
  io(dataset: DatasetName): Promise<SpaceOptions>;
  /** The labels of the dataset's test images. */
  testLabels(dataset: DatasetName): Promise<ImageSet["labels"]>;
  /** What the device that was calibrated takes for a network, in ms; foreseen. */
  latencyMs(architecture: Architecture): number;
  /** As a number for the budget and for workers: blocks of a lower one come first. */
  ranked(rank: number): Lab;
}

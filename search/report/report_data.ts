// What a report is made of: plain data, so that a report can be drawn from a live run, from the store or from a test.
import type { CombineName, RewardForm } from "../../src/schemas/search_options.ts";
import type { FinalStudent, SampledStudent, Trial } from "../../src/schemas/trial.ts";
import type { ReportedTeacher } from "../reported_teachers.ts";
import type { Standing } from "../standing.ts";
import type { ControllerUpdate } from "../store/run_store.ts";

/** A device as the report names it. */
export interface ReportDevice {
  /** As in `Measurement.device.name`. */
  name: string;
  /** CPU model or user agent; text from outside. */
  description: string;
  /** Where rewards are accuracies alone, a latency to compare with and no target: see `targetName`. */
  targetMs: number;
  /** False where `targetMs` is what the reference network took in this run. */
  targetGiven: boolean;
  /** Share of the device where several count by weight. */
  weight: number;
  runtime: string;
  /** Set where the run went on without the device. */
  left: { afterTrials: number; reason: string } | null;
}

/** How accuracy and latency became rewards; with the targets of the devices all that a reward depends on. */
export interface ReportReward {
  form: RewardForm;
  /** Those of the form if not given. */
  exponents?: readonly [number, number];
  /** The usual one of `absolute` if not given. */
  absoluteWeight?: number;
  combine: CombineName;
  /** Whatever the latency within the limits. */
  isAccuracyAlone: boolean;
}

/** One choice of the search space, as far as a report needs it. */
export interface ReportDecision {
  name: string;
  choices: readonly (string | number)[];
}

/** The space that was searched. */
export interface ReportSpace {
  name: string;
  decisions: readonly ReportDecision[];
}

/** What no student of the run may exceed; absent: no limit. */
export interface ReportLimits {
  latencyMs?: number;
  parameters?: number;
  multiplyAdds?: number;
  memoryBytes?: number;
  downloadBytes?: number;
}

/** Everything that a report shows. */
export interface ReportData {
  run: string;
  /** When this report was written and when the run began, ISO 8601. */
  createdAt: string;
  startedAt: string;
  /** Time that the run has taken, over all its starts. */
  seconds: number;
  state: Standing;
  /** Search trials asked for. */
  plannedTrials: number;
  /** The configuration in words: label and value. */
  configuration: readonly (readonly [label: string, value: string])[];
  /** CPU model, cores, operating system. */
  machine: string;
  /** One line: which data, how many images in which split. */
  dataset: string;
  /** Tells data from other data of that name; null before it is opened. */
  dataHash: string | null;
  /** Which images of the data are held out for validation. */
  split: { dataSeed: number; validationImages: number };
  /** In order; none for a run without distillation. */
  teachers: readonly ReportedTeacher[];
  devices: readonly ReportDevice[];
  reward: ReportReward;
  limits: ReportLimits;
  /** Null before the first trial. */
  space: ReportSpace | null;
  /** What proposed the students, for instance "ppo". */
  controller: string;
  /** What the controller said of itself after each batch. */
  updates: readonly ControllerUpdate[];
  /** Search and baseline trials in any state. */
  trials: readonly Trial[];
  final: readonly FinalStudent[];
  /** Students drawn at random and trained as long as the final ones, not scored on the test split. */
  sampled: readonly SampledStudent[];
  /** The longer trainings that broke down for good, a line each. */
  failedFinals: readonly string[];
}

/** The unit of a trial's own latency: over several devices it is a mixture, in milliseconds of the first. */
export function latencyUnit({ devices }: Pick<ReportData, "devices">): "ms" | "ms combined" {
  return devices.filter(({ left }) => left === null).length > 1 ? "ms combined" : "ms";
}

/** What figures call the latency of a device that students are compared with: it is a target where it counts. */
export function targetName({ isAccuracyAlone }: Pick<ReportReward, "isAccuracyAlone">): "reference" | "target" {
  return isAccuracyAlone ? "reference" : "target";
}

// What a report is made of: plain data, so that a report can be drawn from a live run, from the store or from a test.
import type { FinalStudent, SampledStudent, Trial } from "../../src/schemas/trial.ts";
import type { ControllerUpdate } from "../store/run_store.ts";

/** A device as the report names it. */
export interface ReportDevice {
  /** As in `Measurement.device.name`. */
  name: string;
  /** CPU model or user agent; text from outside. */
  description: string;
  targetMs: number;
  runtime: string;
  /** Set where the run went on without the device. */
  left: { afterTrials: number; reason: string } | null;
}

/** The network that the students learned from. */
export interface ReportTeacher {
  name: string;
  /** On the validation split, 0 to 1. */
  accuracy: number;
  /** On the test split, 0 to 1; null before the final phase. */
  testAccuracy: number | null;
  /** Null where the teacher's format does not tell, for instance a table of logits. */
  parameters: number | null;
  multiplyAdds: number | null;
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
  state: "running" | "complete" | "interrupted";
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
  /** Null for a run without distillation. */
  teacher: ReportTeacher | null;
  devices: readonly ReportDevice[];
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
}

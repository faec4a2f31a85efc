// What a report is made of: plain data, so that a report can be drawn from a live run, from the store or from a test.
import type { FinalStudent, Trial } from "../../src/schemas/trial.ts";

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
  /** Null for a run without distillation. */
  teacher: ReportTeacher | null;
  devices: readonly ReportDevice[];
  /** Search and baseline trials in any state. */
  trials: readonly Trial[];
  final: readonly FinalStudent[];
}

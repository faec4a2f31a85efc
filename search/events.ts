// What a run tells about itself while it goes on: the one stream that the terminal and every other viewer listens to.
import type { Trial } from "../src/schemas/trial.ts";

/** The parts of a run, in their order. */
export const PHASES = ["dataset", "devices", "teacher", "logits", "baselines", "search", "final", "report"] as const;
export type RunPhase = (typeof PHASES)[number];

/** How a run ended: all trials done, stopped with its state saved, or by an error. */
export type RunOutcome = "complete" | "interrupted" | "failed";

/** A device and the latency that the run aims at on it. */
export interface DeviceTarget {
  device: string;
  targetMs: number;
  /** Share of the device where several count by weight. */
  weight: number;
}

/** What a run sends to the listener of its call, `onEvent`. How it ended the call itself says. */
export type RunEvent =
  /** Once, first. `stored`: finished trials of an earlier start of this run; they are not sent again as events. */
  | { type: "start"; run: string; trials: number; stored: readonly Trial[] }
  /** A new phase begins. `message` is one sentence about it, for instance which data set was taken and why. */
  | { type: "phase"; phase: RunPhase; message: string }
  /** As soon as the targets are known, which takes a measurement of the reference network; again when a device left. */
  | { type: "targets"; targets: readonly DeviceTarget[] }
  /** `done` of `total` units of the current phase, `unit` in the plural: "epochs", "trials", "MB". */
  | { type: "progress"; phase: RunPhase; done: number; total: number; unit: string }
  /** What a trainer (0-based) does now, for instance "trial 7, step 120/400"; "idle" where it has nothing to do. */
  | { type: "trainer"; trainer: number; activity: string }
  /**
   * What a device does now for this run, for instance "310 rounds"; "" where nothing. `waits`: the person is to do
   * something about the device, which `activity` says.
   */
  | { type: "device"; device: string; activity: string; waits: boolean }
  /** All finished trials and baselines, with new latencies and rewards, since a device left the run. */
  | { type: "rescored"; trials: readonly Trial[] }
  /** A trial or baseline reached its final state (not "pending"). */
  | { type: "trial"; trial: Trial }
  /** The run goes on only once the person acts, for instance opens the pairing URL or answers a question. Over with the
   * next event that is not a note. */
  | { type: "waiting"; message: string }
  /** Something worth a line that is neither an end nor a request, for instance a fallback that was taken. */
  | { type: "note"; message: string };

/** How a run ended, as who called it tells viewers: once, last. `message` says where the results are, or what went wrong. */
export interface RunEnd {
  type: "done";
  outcome: RunOutcome;
  seconds: number;
  message: string;
}

/** What viewers are told. */
export type ShownEvent = RunEvent | RunEnd;

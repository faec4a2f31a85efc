// The words that the live view and the plain lines share.
import type { Trial } from "../../src/schemas/trial.ts";
import { formatDuration, formatMilliseconds, formatPercent } from "../../src/cli/format.ts";
import { trialName } from "../report/student_points.ts";
import type { RunEvent } from "../events.ts";
import { finishedSearchTrials, type PhaseProgress, type RunState, secondsLeft } from "./run_state.ts";

/** "71.2 %, 1.83 ms, reward 0.712": what is known of a trial's worth. */
export function trialFigures({ accuracy, latencyMs, measurements, reward }: Trial): string {
  // With several devices the trial's own latency is a mixture that nobody would recognise.
  const latency = measurements.length > 1
    ? measurements.map((one) => `${formatMilliseconds(one.latencyMs)} ms on ${one.device.name}`).join(", ")
    : `${formatMilliseconds(latencyMs ?? 0)} ms`;
  const figures = [
    accuracy === undefined ? "" : formatPercent(accuracy),
    latencyMs === undefined ? "" : latency,
    reward === undefined ? "" : `reward ${reward.toFixed(3)}`,
  ];
  return figures.filter(Boolean).join(", ");
}

/** What became of a trial, with the reason where it has no result. */
export function trialOutcome(trial: Trial): string {
  const figures = trialFigures(trial);
  if (trial.state === "completed") {
    return trial.duplicateOf === undefined ? figures : `${figures} (the same network as trial ${trial.duplicateOf})`;
  }
  return [trial.state, figures, trial.reason].filter(Boolean).join(": ");
}

/** The name of a trial with its place among those planned: "trial 7/24"; baselines keep their own name. */
export function trialHeading(trial: Trial, state: RunState): string {
  return trial.role === "search" ? `${trialName(trial)}/${state.plannedTrials}` : trialName(trial);
}

/** "12/24 trials", or with one decimal where the unit is not counted in whole numbers. */
export function progressWords({ done, total, unit }: PhaseProgress): string {
  const format = (count: number) => Number.isInteger(count) ? String(count) : count.toFixed(1);
  return `${format(done)}/${format(total)} ${unit}`;
}

/** "about 4 min left", "estimating time left" while that would be a guess, "" at the end. */
export function timeLeftWords(progress: PhaseProgress, nowMs: number): string {
  if (progress.done >= progress.total) return "";
  const seconds = secondsLeft(progress, nowMs);
  if (seconds === null) return "estimating time left";
  // Seconds would pretend to a precision that an estimate has not.
  const rounded = seconds < 60 ? Math.max(5, Math.ceil(seconds / 5) * 5) : Math.round(seconds / 60) * 60;
  return `about ${formatDuration(rounded)} left`;
}

/** What to say when a device begins to wait or goes on; "" where neither. `state`: before the event. */
export function deviceWords({ devices }: RunState, event: RunEvent & { type: "device" }): string {
  const { activity, device, waits } = event;
  const waited = devices.find((one) => one.device === device)?.waits ?? false;
  // A session that ends while the device waits has not ended the wait.
  if (waits === waited || activity === "") return "";
  return waits ? `Device "${device}" ${activity}.` : `Device "${device}" waits no longer.`;
}

/** "12/24 trials, 1 failed, 2 infeasible". */
export function trialCounts(state: RunState): string {
  const count = (wanted: Trial["state"]) =>
    state.trials.filter(({ role, state }) => role === "search" && state === wanted).length;
  const others = (["failed", "infeasible", "skipped"] as const)
    .flatMap((ended) => count(ended) > 0 ? [`, ${count(ended)} ${ended}`] : []);
  return `${finishedSearchTrials(state)}/${state.plannedTrials} trials${others.join("")}`;
}

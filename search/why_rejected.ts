// What became of each trial, in words: why it is not the one to take.
import type { Trial } from "../src/schemas/trial.ts";
import { bestTrials, completedOn, type CompletedTrial, completedTrials } from "./completed_trials.ts";
import { latenciesOn } from "./latency/measurement_on.ts";
import { deviceLabel } from "./latency_words.ts";
import { paretoFront } from "./pareto.ts";

/** A trial and why it was not chosen. */
export interface Rejection {
  trial: number;
  state: Trial["state"];
  /** For instance "trial 12 is 8 % faster and 1.2 points more accurate". */
  reason: string;
}

/** "8 % faster", "slightly slower" or "as fast": of what takes `rivalMs` beside what takes `ownMs`. */
function speedWords(rivalMs: number, ownMs: number): string {
  if (rivalMs === ownMs) return "as fast";
  const [share, word] = rivalMs < ownMs ? [1 - rivalMs / ownMs, "faster"] : [rivalMs / ownMs - 1, "slower"];
  return share < 0.01 ? `slightly ${word}` : `${Math.round(100 * share)} % ${word}`;
}

/**
 * "8 % faster and 1.2 points more accurate", say: of `rival` beside `trial`. Of several devices each has its speed: a
 * student's own latency is a mixture of theirs.
 */
function advantage(rival: CompletedTrial, trial: CompletedTrial, devices: readonly string[]): string {
  const rivalMs = latenciesOn(rival, devices);
  const speeds = devices.length > 1
    ? Object.entries(latenciesOn(trial, devices)).flatMap(([device, ownMs]) =>
      device in rivalMs ? [`${speedWords(rivalMs[device], ownMs)} on ${deviceLabel(device)}`] : []
    )
    : [speedWords(rival.latencyMs, trial.latencyMs)];
  const points = 100 * (rival.accuracy - trial.accuracy);
  const accuracy = points === 0
    ? "as accurate"
    : points < 0.05
    ? "slightly more accurate"
    : `${points.toFixed(1)} points more accurate`;
  return `${speeds.join(", ")} and ${accuracy}`;
}

/**
 * A line about every search trial of `trials`, in ask order: failures, broken limits and what was skipped by their
 * reason, repetitions by the trial that they repeat, completed ones by the trial of the front that beats them most in
 * accuracy, and those of the front by what sets them apart. `devices` are those that rewards count; of several each has a front.
 */
export function rejections(trials: readonly Trial[], devices: readonly string[]): Rejection[] {
  const search = trials.filter(({ role }) => role === "search").toSorted((a, b) => a.number - b.number);
  const completed = completedTrials(search);
  const front = paretoFront(completed);
  const fronts = devices.length > 1
    ? devices.map((device): Front => ({ device, members: numbersOf(paretoFront(completedOn(search, device))) }))
    : [{ device: null, members: numbersOf(front) }];
  const [best] = bestTrials(search, 1);
  return search.map((trial) => {
    const [own] = completedTrials([trial]);
    const reason = own
      ? whyNotTaken(own, { best: best ?? own, completed, devices, front, fronts })
      : whyNoResult(trial);
    return { trial: trial.number, state: trial.state, reason };
  });
}

function whyNoResult({ duplicateOf, reason, state }: Trial): string {
  if (state === "pending") return "not finished";
  if (duplicateOf === undefined) return reason ?? "no reason was kept";
  return `the same network as trial ${duplicateOf}${reason === undefined ? "" : `: ${reason}`}`;
}

/** A front that tables mark. */
interface Front {
  /** Null where the run has no other. */
  device: string | null;
  /** Numbers of its trials. */
  members: ReadonlySet<number>;
}

function numbersOf(trials: readonly CompletedTrial[]): ReadonlySet<number> {
  return new Set(trials.map(({ number }) => number));
}

interface Others {
  best: CompletedTrial;
  completed: readonly CompletedTrial[];
  devices: readonly string[];
  /** By the latencies that rewards count, over all devices. */
  front: readonly CompletedTrial[];
  fronts: readonly Front[];
}

/** "on the front", or whose front it is; undefined for a trial on none. */
function placeOnFront({ number }: CompletedTrial, { front, fronts }: Others): string | undefined {
  const own = fronts.filter(({ members }) => members.has(number));
  if (own.length > 0) {
    const names = own.flatMap(({ device }) => device === null ? [] : [`of ${deviceLabel(device)}`]);
    return ["on the front", names.join(" and ")].filter(Boolean).join(" ");
  }
  // Beaten on each device, by others, and all the same by none on all.
  return front.some((one) => one.number === number) ? "on the front of the combined latency alone" : undefined;
}

/** The most accurate of the front that `trial` is beaten by, on every device if there is one. */
function rivalOf({ accuracy, latencyMs, measurements }: CompletedTrial, { devices, front }: Others) {
  const beating = front.filter((one) => one.latencyMs <= latencyMs && one.accuracy >= accuracy);
  const own = Object.entries(latenciesOn({ measurements }, devices));
  const everywhere = beating.findLast((one) => {
    const theirs = latenciesOn(one, devices);
    return own.every(([device, ms]) => theirs[device] <= ms);
  });
  return devices.length > 1 ? everywhere ?? beating.at(-1) : beating.at(-1);
}

function whyNotTaken(trial: CompletedTrial, others: Others): string {
  const { best, completed, devices } = others;
  const { latencyMs, number, reward } = trial;
  const place = placeOnFront(trial, others);
  // Of the mixture: a device may see it otherwise.
  const combined = devices.length > 1 ? ", all devices combined" : "";
  if (number === best.number) {
    const isTied = completed.some((one) => one.number !== number && one.reward === reward);
    const why = `the highest reward${isTied ? `, and the fastest that has it${combined}` : ""}`;
    return `the best: ${why}${place === undefined ? ", though not on the front" : ""}`;
  }
  if (place !== undefined) {
    if (reward < best.reward) return `${place}; trial ${best.number} has a higher reward`;
    const order = latencyMs > best.latencyMs ? `slower${combined}` : "later";
    return `${place}; by its reward as good as trial ${best.number}, but ${order}`;
  }
  const rival = rivalOf(trial, others);
  return rival ? `trial ${rival.number} is ${advantage(rival, trial, devices)}` : "no reason was kept";
}

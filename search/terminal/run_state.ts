// What the terminal knows of a run: a pure fold over its events.
import type { Trial } from "../../src/schemas/trial.ts";
import type { DeviceTarget, RunPhase, ShownEvent } from "../events.ts";

/** How far the current phase is. */
export interface PhaseProgress {
  done: number;
  total: number;
  unit: string;
  /** `done` and the time when the phase's first progress was heard: what came before says nothing about the speed. */
  firstDone: number;
  firstMs: number;
}

/** What a device does now. */
export interface DeviceActivity {
  device: string;
  activity: string;
  /** The person is to do something about it. */
  waits: boolean;
}

/** All times are of the clock that is passed in, in milliseconds. */
export interface RunState {
  run: string;
  startedMs: number;
  plannedTrials: number;
  targets: readonly DeviceTarget[];
  /** Then the targets are latencies to compare with, and no targets. */
  isAccuracyAlone: boolean;
  phase: { name: RunPhase; message: string; startedMs: number } | null;
  progress: PhaseProgress | null;
  /** Finished search trials and baselines, also those of earlier starts. */
  trials: readonly Trial[];
  /** Activity of each trainer that was heard of. */
  trainers: readonly string[];
  /** Devices that do something for this run, or wait to. */
  devices: readonly DeviceActivity[];
  waiting: string | null;
}

export function initialState(nowMs: number, isAccuracyAlone = false): RunState {
  return {
    run: "",
    startedMs: nowMs,
    plannedTrials: 0,
    targets: [],
    isAccuracyAlone,
    phase: null,
    progress: null,
    trials: [],
    trainers: [],
    devices: [],
    waiting: null,
  };
}

/** Finished search trials, of whatever state. */
export function finishedSearchTrials(state: RunState): number {
  return state.trials.filter(({ role }) => role === "search").length;
}

function progressed(state: RunState, done: number, total: number, unit: string, nowMs: number): PhaseProgress {
  const { progress } = state;
  if (progress?.unit === unit && done >= progress.done) return { ...progress, done, total };
  return { done, total, unit, firstDone: done, firstMs: nowMs };
}

/** The state after `event`, heard at `nowMs`. */
export function nextState(before: RunState, event: ShownEvent, nowMs: number): RunState {
  const state = event.type === "note" ? before : { ...before, waiting: null };
  switch (event.type) {
    case "start":
      return { ...state, run: event.run, plannedTrials: event.trials, trials: event.stored };
    case "targets":
      return { ...state, targets: event.targets };
    case "phase": {
      const phase = { name: event.phase, message: event.message, startedMs: nowMs };
      const entered = { ...state, phase, progress: null };
      if (event.phase !== "search") return entered;
      const done = finishedSearchTrials(entered);
      return { ...entered, progress: progressed(entered, done, state.plannedTrials, "trials", nowMs) };
    }
    case "progress":
      return { ...state, progress: progressed(state, event.done, event.total, event.unit, nowMs) };
    case "trainer": {
      const trainers = Array.from(
        { length: Math.max(state.trainers.length, event.trainer + 1) },
        (_, i) => (i === event.trainer ? event.activity : state.trainers[i] ?? "idle"),
      );
      return { ...state, trainers };
    }
    case "rescored":
      return { ...state, trials: event.trials };
    case "device": {
      const { activity, device, waits } = event;
      const known = state.devices.findIndex((one) => one.device === device);
      const devices = known < 0
        ? [...state.devices, { device, activity, waits }]
        : state.devices.with(known, { device, activity, waits });
      return { ...state, devices };
    }
    case "trial": {
      const heard = { ...state, trials: [...state.trials, event.trial] };
      if (event.trial.role !== "search" || state.phase?.name !== "search") return heard;
      const progress = progressed(state, finishedSearchTrials(heard), state.plannedTrials, "trials", nowMs);
      return { ...heard, progress };
    }
    case "waiting":
      return { ...state, waiting: event.message };
    case "note":
    case "done":
      return state;
    default:
      return event satisfies never;
  }
}

/**
 * Seconds until the current phase ends, at the pace since its first progress; null while there is too little to go by:
 * fewer than two units done, or less than two seconds watched.
 */
export function secondsLeft(progress: PhaseProgress, nowMs: number): number | null {
  const doneSince = progress.done - progress.firstDone;
  const spentSeconds = (nowMs - progress.firstMs) / 1000;
  if (doneSince < 2 || spentSeconds < 2) return null;
  return (spentSeconds / doneSince) * (progress.total - progress.done);
}

// What a run came to, as `search --json` prints it and runSearch returns it.
import type { Architecture } from "../src/schemas/architecture.ts";
import type { Trial } from "../src/schemas/trial.ts";
import { PROTOCOL } from "../src/schemas/measurement.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { DeviceTarget } from "./events.ts";
import { measurementOn } from "./latency/measurement_on.ts";
import { paretoFront } from "./pareto.ts";
import { activeTargets, type DroppedDevice, droppedDevices } from "./run_devices.ts";
import type { RunFolder } from "./run_folder.ts";
import type { RunStore } from "./store/run_store.ts";

/** A trained and measured student. */
export interface StudentResult {
  trial: number;
  tokens: number[];
  /** On the validation part. */
  accuracy: number;
  /** Over the devices of the run; in a front of one device, on that device. */
  latencyMs: number;
  /** Of each device that measured it. */
  latenciesMs: Record<string, number>;
  reward: number;
  parameters: number;
  multiplyAdds: number;
  architecture: Architecture;
  /** Safetensors file. */
  weights: string;
}

/** A student or baseline after its longer training. */
export interface FinalResult extends StudentResult {
  role: "search" | "baseline";
  label?: string;
  testAccuracy: number;
}

export interface SearchResult {
  run: string;
  preset: string;
  backend: string;
  dataset: string;
  trials: number;
  completed: number;
  failed: number;
  infeasible: number;
  /** Of the first device. */
  targetMs: number;
  /** The devices that rewards count. */
  devices: DeviceTarget[];
  /** Devices that the run went on without. */
  droppedDevices: DroppedDevice[];
  /** How latencies were measured. */
  protocol: string;
  profile: string;
  runtime: string;
  /** Over all starts of the run. */
  seconds: number;
  teacherAccuracy: number | null;
  best: StudentResult | null;
  paretoFront: StudentResult[];
  /** By device, where the run has several: accuracy against the latency on that device alone. */
  paretoFronts?: Record<string, StudentResult[]>;
  final: FinalResult[];
  report: string;
}

/** A trial that was trained and measured. */
export type CompletedTrial = Trial & { accuracy: number; latencyMs: number; reward: number };

/** Trials with a result of their own: completed, and not the repetition of an earlier one. */
export function completedTrials(trials: readonly Trial[]): CompletedTrial[] {
  return trials.filter((trial): trial is CompletedTrial =>
    trial.state === "completed" && trial.duplicateOf === undefined && trial.accuracy !== undefined &&
    trial.latencyMs !== undefined && trial.reward !== undefined
  );
}

/** Completed trials that were measured on `device`, each with its latency there. */
export function completedOn(trials: readonly Trial[], device: string): CompletedTrial[] {
  return completedTrials(trials).flatMap((trial) => {
    const latencyMs = measurementOn(trial, device)?.latencyMs;
    return latencyMs === undefined ? [] : [{ ...trial, latencyMs }];
  });
}

/** The `count` completed trials with the highest rewards, best first; earlier ones first among equals. */
export function bestTrials(trials: readonly Trial[], count: number): CompletedTrial[] {
  return completedTrials(trials).sort((a, b) => b.reward - a.reward || a.number - b.number).slice(0, count);
}

function studentOf(trial: CompletedTrial, weights: string): StudentResult {
  const { number, tokens, accuracy, latencyMs, measurements, reward, parameters, multiplyAdds, architecture } = trial;
  const latenciesMs = Object.fromEntries(measurements.map((one) => [one.device.name, one.latencyMs]));
  return {
    trial: number,
    tokens,
    accuracy,
    latencyMs,
    latenciesMs,
    reward,
    parameters,
    multiplyAdds,
    architecture,
    weights,
  };
}

/** The run as it stands in `store`. */
export function searchResult(store: RunStore, paths: RunFolder): SearchResult {
  const trials = store.trials("search");
  const baselines = store.trials("baseline");
  const count = (state: Trial["state"]) => trials.filter((trial) => trial.state === state).length;
  const student = (trial: CompletedTrial) => studentOf(trial, paths.weights("search", trial.number, "trial"));
  const [best] = bestTrials(trials, 1);
  const front = paretoFront(completedTrials(trials));
  const { preset, profile, runtime } = store.get("config") as RunConfig;
  const devices = activeTargets(store);
  const dropped = droppedDevices(store);
  const several = devices.length + dropped.length > 1;
  return {
    run: paths.name,
    preset,
    backend: [...trials, ...baselines].find((trial) => trial.backend !== undefined)?.backend ?? "none",
    dataset: String(store.get("dataset") ?? ""),
    trials: trials.length,
    completed: count("completed"),
    failed: count("failed"),
    infeasible: count("infeasible"),
    targetMs: devices[0]?.targetMs ?? 0,
    devices,
    droppedDevices: dropped,
    protocol: PROTOCOL,
    profile,
    runtime,
    seconds: Number(store.get("seconds") ?? 0),
    teacherAccuracy: (store.get("teacher") as { accuracy: number } | undefined)?.accuracy ?? null,
    best: best ? student(best) : null,
    paretoFront: front.map(student),
    ...(several && {
      paretoFronts: Object.fromEntries(
        devices.map(({ device }) => [device, paretoFront(completedOn(trials, device)).map(student)]),
      ),
    }),
    final: store.finals().flatMap((final) => {
      const trial = completedTrials(final.role === "search" ? trials : baselines).find((one) =>
        one.number === final.trial
      );
      if (!trial) return [];
      return [{
        ...studentOf(trial, final.weights),
        role: final.role,
        label: final.label,
        accuracy: final.accuracy,
        testAccuracy: final.testAccuracy,
      }];
    }),
    report: paths.report,
  };
}

// What a run came to, as `search --json` prints it and runSearch returns it.
import type { Architecture } from "../src/schemas/architecture.ts";
import type { Trial } from "../src/schemas/trial.ts";
import { PROTOCOL } from "../src/schemas/measurement.ts";
import { isAccuracyAlone, type RunConfig } from "../src/schemas/run_config.ts";
import { bestTrials, completedOn, type CompletedTrial, completedTrials } from "./completed_trials.ts";
import type { DeviceTarget } from "./events.ts";
import { paretoFront } from "./pareto.ts";
import { type ProxyQuality, proxyQuality, sampledStudents } from "./proxy_quality.ts";
import { activeTargets, type DroppedDevice, droppedDevices } from "./run_devices.ts";
import type { RunFolder } from "./run_folder.ts";
import { runOptions } from "./run_options.ts";
import { type ReportedTeacher, reportedTeachers } from "./reported_teachers.ts";
import type { RunStore } from "./store/run_store.ts";
import { type Rejection, rejections } from "./why_rejected.ts";

export { bestTrials, completedOn, type CompletedTrial, completedTrials } from "./completed_trials.ts";

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
  memoryBytes: number;
  downloadBytes: number;
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
  skipped: number;
  /** Of the first device; null where rewards are accuracies alone, and before it is known. */
  targetMs: number | null;
  /** The devices that rewards count. Where rewards are accuracies alone a target there is a latency to compare with. */
  devices: DeviceTarget[];
  /** Devices that the run went on without. */
  droppedDevices: DroppedDevice[];
  /** How latencies were measured. */
  protocol: string;
  profile: string;
  runtime: string;
  /** Over all starts of the run. */
  seconds: number;
  /** In order; none for a method without one. */
  teachers: Pick<ReportedTeacher, "accuracy" | "name" | "testAccuracy">[];
  /** That of the first teacher, on the validation part. */
  teacherAccuracy: number | null;
  /** That of the first teacher, once the final students are trained. */
  teacherTestAccuracy: number | null;
  best: StudentResult | null;
  paretoFront: StudentResult[];
  /** By device, where the run has several: accuracy against the latency on that device alone. */
  paretoFronts?: Record<string, StudentResult[]>;
  final: FinalResult[];
  /** How well the short trainings told who is good, by the students that were trained longer. */
  proxy: ProxyQuality;
  /** Why each search trial is not the one to take. */
  rejected: Rejection[];
  report: string;
  /** The options that give the run again, as the file of `--config` takes them. */
  config: Record<string, unknown>;
}

function studentOf(trial: CompletedTrial, weights: string): StudentResult {
  const { accuracy, architecture, latencyMs, measurements, number, reward, tokens } = trial;
  const { downloadBytes, memoryBytes, multiplyAdds, parameters } = trial;
  const latenciesMs = Object.fromEntries(measurements.map((one) => [one.device.name, one.latencyMs]));
  return {
    trial: number,
    ...{ tokens, accuracy, latencyMs, latenciesMs, reward },
    ...{ parameters, multiplyAdds, memoryBytes, downloadBytes, architecture, weights },
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
  const config = store.get("config") as RunConfig;
  const { preset, profile, runtime } = config;
  const teachers = reportedTeachers(store).map(({ accuracy, name, testAccuracy }) => ({
    name,
    accuracy,
    testAccuracy,
  }));
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
    skipped: count("skipped"),
    targetMs: isAccuracyAlone(config) ? null : devices[0]?.targetMs ?? null,
    devices,
    droppedDevices: dropped,
    protocol: PROTOCOL,
    profile,
    runtime,
    seconds: Number(store.get("seconds") ?? 0),
    teachers,
    teacherAccuracy: teachers[0]?.accuracy ?? null,
    teacherTestAccuracy: teachers[0]?.testAccuracy ?? null,
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
    proxy: proxyQuality([...trials, ...baselines], { finals: store.finals(), sampled: sampledStudents(store) }),
    rejected: rejections(trials, devices.map(({ device }) => device)),
    report: paths.report,
    config: runOptions(store),
  };
}

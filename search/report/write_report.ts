// From the store to the report's file.
import os from "node:os";
import { writeWhole } from "../../src/data/write_whole.ts";
import type { DeviceDescription } from "../../src/schemas/measurement.ts";
import { configurationRows, isAccuracyAlone, type RunConfig } from "../../src/schemas/run_config.ts";
import type { RunFolder } from "../run_folder.ts";
import { allTargets, configuredDevices, droppedDevices } from "../run_devices.ts";
import type { RunStore } from "../store/run_store.ts";
import { reportedTeachers } from "../reported_teachers.ts";
import { renderReport } from "./report.ts";
import { listDecisions } from "../../src/spaces/table.ts";
import type { Trial } from "../../src/schemas/trial.ts";
import { failedFinalsInWords } from "../finals.ts";
import { sampledStudents } from "../proxy_quality.ts";
import type { ReportData, ReportSpace } from "./report_data.ts";

/** CPU model, cores and operating system of this machine. */
export function describeMachine(): string {
  const cpus = os.cpus();
  return `${cpus[0]?.model.trim() ?? "unknown CPU"}, ${cpus.length} cores, ${os.type()} ${os.release()} ${os.arch()}`;
}

/** What a report and the table of `run` show, as it stands in `store`. */
export function reportDataOf(store: RunStore, run: string, state: ReportData["state"]): ReportData {
  const config = store.get("config") as RunConfig;
  const configured = configuredDevices(store, config);
  const dropped = droppedDevices(store);
  const trials = [...store.trials("search"), ...store.trials("baseline")];
  const described = (store.get("devices") ?? []) as DeviceDescription[];
  return {
    run,
    createdAt: new Date().toISOString(),
    startedAt: String(store.get("startedAt")),
    seconds: Number(store.get("seconds") ?? 0),
    state,
    plannedTrials: config.trials,
    configuration: configurationRows(config),
    machine: describeMachine(),
    dataset: String(store.get("dataset") ?? "not opened yet"),
    dataHash: (store.get("datasetHash") as string | undefined) ?? null,
    split: { dataSeed: config.dataSeed, validationImages: config.validationImages },
    teachers: reportedTeachers(store),
    devices: allTargets(store).map(({ device, targetMs, weight }) => ({
      name: device,
      description: described.find(({ name }) => name === device)?.description ?? "replayed from an earlier run",
      targetMs,
      targetGiven: configured.some((one) => one.name === device && one.targetMs !== undefined),
      weight,
      runtime: config.runtime,
      left: dropped.find((one) => one.device === device) ?? null,
    })),
    reward: {
      form: config.reward,
      exponents: config.exponents,
      absoluteWeight: config.absoluteWeight,
      combine: config.combine,
      isAccuracyAlone: isAccuracyAlone(config),
    },
    limits: {
      latencyMs: config.maxLatencyMs,
      parameters: config.maxParameters,
      multiplyAdds: config.maxMultiplyAdds,
      memoryBytes: config.maxMemoryBytes,
      downloadBytes: config.maxDownloadBytes,
    },
    space: spaceOf(config, trials),
    controller: config.controller,
    updates: store.updates(),
    trials,
    final: store.finals(),
    sampled: sampledStudents(store),
    failedFinals: failedFinalsInWords(store),
  };
}

/** The space of the run, made for the images of its networks; null before the first of them. */
function spaceOf({ space, spaceOptions }: RunConfig, trials: readonly Trial[]): ReportSpace | null {
  const architecture = trials[0]?.architecture;
  if (architecture === undefined) return null;
  const io = { ...architecture.input, classes: architecture.classes };
  return { name: space, decisions: listDecisions(space, { ...spaceOptions, ...io }) };
}

/** Writes the report of the run as it stands in `store`; whole or not at all. */
export async function writeReport(store: RunStore, paths: RunFolder, state: ReportData["state"]): Promise<void> {
  await writeWhole(paths.report, renderReport(reportDataOf(store, paths.name, state)));
}

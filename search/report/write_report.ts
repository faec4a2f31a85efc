// From the store to the report's file.
import os from "node:os";
import { writeWhole } from "../../src/data/write_whole.ts";
import type { DeviceDescription } from "../../src/schemas/measurement.ts";
import { configurationRows, type RunConfig } from "../../src/schemas/run_config.ts";
import type { RunFolder } from "../run_folder.ts";
import { allTargets, droppedDevices } from "../run_devices.ts";
import type { RunStore } from "../store/run_store.ts";
import type { ReportedTeacher } from "../run_teaching.ts";
import { renderReport } from "./report.ts";
import type { ReportData } from "./report_data.ts";

/** CPU model, cores and operating system of this machine. */
export function describeMachine(): string {
  const cpus = os.cpus();
  return `${cpus[0]?.model.trim() ?? "unknown CPU"}, ${cpus.length} cores, ${os.type()} ${os.release()} ${os.arch()}`;
}

/** What a report and the table of `run` show, as it stands in `store`. */
export function reportDataOf(store: RunStore, run: string, state: ReportData["state"]): ReportData {
  const config = store.get("config") as RunConfig;
  const teacher = store.get("teacher") as ReportedTeacher | undefined;
  const dropped = droppedDevices(store);
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
    teacher: teacher
      ? {
        name: teacher.name,
        accuracy: teacher.accuracy,
        testAccuracy: null,
        parameters: teacher.parameters,
        multiplyAdds: teacher.multiplyAdds,
      }
      : null,
    devices: allTargets(store).map(({ device, targetMs }) => ({
      name: device,
      description: described.find(({ name }) => name === device)?.description ?? "replayed from an earlier run",
      targetMs,
      runtime: config.runtime,
      left: dropped.find((one) => one.device === device) ?? null,
    })),
    trials: [...store.trials("search"), ...store.trials("baseline")],
    final: store.finals(),
  };
}

/** Writes the report of the run as it stands in `store`; whole or not at all. */
export async function writeReport(store: RunStore, paths: RunFolder, state: ReportData["state"]): Promise<void> {
  await writeWhole(paths.report, renderReport(reportDataOf(store, paths.name, state)));
}

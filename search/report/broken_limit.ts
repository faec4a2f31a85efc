import type { Trial } from "../../src/schemas/trial.ts";
import { latenciesOn } from "../latency/measurement_on.ts";
import { brokenLimit } from "../scoring.ts";
import type { ReportData } from "./report_data.ts";

/** Why `trial` breaks a limit of the run, as baselines may, which are trained all the same; undefined where it does not. */
export function brokenReportLimit(
  { devices, limits }: Pick<ReportData, "devices" | "limits">,
  trial: Trial,
): string | undefined {
  const { downloadBytes, latencyMs, memoryBytes, multiplyAdds, parameters } = limits;
  const staying = devices.filter(({ left }) => left === null).map(({ name }) => name);
  return brokenLimit(
    {
      maxDownloadBytes: downloadBytes,
      maxLatencyMs: latencyMs,
      maxMemoryBytes: memoryBytes,
      maxMultiplyAdds: multiplyAdds,
      maxParameters: parameters,
    },
    trial,
    latenciesOn(trial, staying),
  );
}

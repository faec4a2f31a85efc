import type { Trial } from "../../src/schemas/trial.ts";
import { brokenLimit } from "../scoring.ts";
import type { ReportLimits } from "./report_data.ts";

/** Why `trial` breaks a limit of the run, as baselines may, which are trained all the same; undefined where it does not. */
export function brokenReportLimit(limits: ReportLimits, trial: Trial): string | undefined {
  const { downloadBytes, latencyMs, memoryBytes, multiplyAdds, parameters } = limits;
  return brokenLimit(
    {
      maxDownloadBytes: downloadBytes,
      maxLatencyMs: latencyMs,
      maxMemoryBytes: memoryBytes,
      maxMultiplyAdds: multiplyAdds,
      maxParameters: parameters,
    },
    trial,
    trial.latencyMs,
  );
}

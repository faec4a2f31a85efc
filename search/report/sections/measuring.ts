import type { Measurement } from "../../../src/schemas/measurement.ts";
import { formatMilliseconds } from "../format.ts";
import { type Html, html } from "../html.ts";
import type { ReportData, ReportDevice } from "../report_data.ts";
import { deviceLabel } from "../student_points.ts";

function distinct(values: readonly string[]): string {
  return [...new Set(values)].join(", ");
}

/** Lowest and highest of whole numbers, "30" or "30 to 120". */
function span(values: readonly number[]): string {
  const lowest = values.reduce((a, b) => Math.min(a, b));
  const highest = values.reduce((a, b) => Math.max(a, b));
  return lowest === highest ? String(lowest) : `${lowest} to ${highest}`;
}

function flagCounts(measurements: readonly Measurement[]): string {
  const counts = new Map<string, number>();
  for (const flag of measurements.flatMap(({ flags }) => flags)) counts.set(flag, (counts.get(flag) ?? 0) + 1);
  return counts.size === 0 ? "none" : [...counts].map(([flag, count]) => `${flag} (${count})`).join(", ");
}

function deviceFacts(data: ReportData, device: ReportDevice): Html {
  const measurements = data.trials.flatMap((trial) => trial.measurements).filter((m) => m.device.name === device.name);
  const facts: [string, string][] = [
    ["device", device.description],
    ["runtime", device.runtime],
    ["target", `${formatMilliseconds(device.targetMs)} ms`],
  ];
  if (measurements.length > 0) {
    const invalid = measurements.filter(({ valid }) => !valid).length;
    facts.push(
      ["backend", distinct(measurements.map(({ backend }) => backend))],
      ["protocol", distinct(measurements.map(({ protocol }) => protocol))],
      ["measurements", `${measurements.length}, ${invalid === 0 ? "all valid" : `${invalid} of them not valid`}`],
      ["samples each", span(measurements.map(({ samplesMs }) => samplesMs.length))],
      ["warm-up runs", span(measurements.map(({ warmupRuns }) => warmupRuns))],
      ["output difference", `at most ${Math.max(...measurements.map((m) => m.outputDifference)).toExponential(1)}`],
      ["flags", flagCounts(measurements)],
    );
  }
  return html`<h3>${deviceLabel(device.name)}</h3><dl>${
    facts.map(([label, value]) =>
      html`
        <div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>
      `
    )
  }</dl>${
    measurements.length > 0 ? null : html`<p class="nothing">No measurement from this device is stored yet.</p>`
  }`;
}

/** How the latencies came about, per device. */
export function measuring(data: ReportData): Html {
  return html`<section>
<h2>How it was measured</h2>
<p class="note">A sample is one inference of one image, with the answer
read back, after the warm-up. A latency is the median of the samples.</p>
${data.devices.map((device) => deviceFacts(data, device))}
</section>`;
}

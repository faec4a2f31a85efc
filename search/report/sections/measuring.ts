import { flagMeaning } from "../../../devices/mod.ts";
import type { Measurement, Nominal } from "../../../src/schemas/measurement.ts";
import { latencyInterval } from "../../latency/measurement_on.ts";
import { formatMilliseconds } from "../../../src/cli/format.ts";
import { type Html, html } from "../html.ts";
import { type ReportData, type ReportDevice, targetName } from "../report_data.ts";
import { deviceLabel } from "../../latency_words.ts";

function distinct(values: readonly string[]): string {
  return [...new Set(values)].join(", ");
}

/** Distinct values, each with how often it occurs: "fast (24), standard (3)"; undefined without a value. */
function counted(values: readonly string[], format = (value: string, count: number) => `${value} (${count})`) {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts.size === 0 ? undefined : [...counts].map(([value, count]) => format(value, count)).join(", ");
}

/** Lowest and highest, "30" or "30 to 120". */
function span(values: readonly number[], format: (value: number) => string = String): string {
  const lowest = format(values.reduce((a, b) => Math.min(a, b)));
  const highest = format(values.reduce((a, b) => Math.max(a, b)));
  return lowest === highest ? lowest : `${lowest} to ${highest}`;
}

/** A drift, the logarithm of a factor, as a signed percentage. */
function driftPercent(drift: number): string {
  const percent = (Math.expm1(drift) * 100).toFixed(1);
  return `${percent.startsWith("-") ? `−${percent.slice(1)}` : `+${percent}`} %`;
}

/** Half the width of a latency's interval, as a share of the latency. */
function halfWidth(measurement: Measurement): number {
  const [lowMs, highMs] = latencyInterval(measurement);
  return (highMs - lowMs) / 2 / measurement.latencyMs;
}

function measuredFacts(measurements: readonly Measurement[]): [string, string][] {
  const invalid = measurements.filter(({ valid }) => !valid).length;
  const loads = measurements.flatMap((one) => one.loads);
  const flags = counted(
    measurements.flatMap((one) => one.flags),
    (flag, count) => `${flag}: ${flagMeaning(flag)} (${count})`,
  );
  const referenceMs = (of: (nominal: Nominal) => number) =>
    span(measurements.map(({ nominal }) => of(nominal)), formatMilliseconds);
  return [
    ["backend", distinct(measurements.map(({ backend }) => backend))],
    ["protocol", distinct(measurements.map(({ protocol }) => protocol))],
    ["profile", counted(measurements.map(({ profile }) => profile)) ?? ""],
    ["measurements", `${measurements.length}, ${invalid === 0 ? "all valid" : `${invalid} of them not valid`}`],
    ["page loads each", span(measurements.map((one) => one.loads.length))],
    ["samples per load", span(loads.map(({ samplesMs }) => samplesMs.length))],
    ["warm-up", span(loads.map(({ warmUp }) => warmUp.ms / 1000), (seconds) => `${seconds.toFixed(1)} s`)],
    ["half width of 95 % interval", `at most ${(100 * Math.max(...measurements.map(halfWidth))).toFixed(1)} %`],
    [
      "reference networks",
      `${referenceMs((nominal) => nominal.smallMs)} and ${referenceMs((nominal) => nominal.largeMs)} ms`,
    ],
    ["drift, corrected", span(measurements.map(({ drift }) => drift), driftPercent)],
    ["output difference", `at most ${Math.max(...measurements.map((m) => m.outputDifference)).toExponential(1)}`],
    ["flags", flags ?? "none"],
  ];
}

function deviceFacts(data: ReportData, device: ReportDevice): Html {
  const measurements = distinctMeasurements(data).filter((one) => one.device.name === device.name);
  const facts: [string, string][] = [
    ["device", device.description],
    ["runtime", device.runtime],
    [
      targetName(data.reward),
      `${formatMilliseconds(device.targetMs)} ms${
        data.reward.isAccuracyAlone ? ", no target: rewards are accuracies alone" : ""
      }`,
    ],
    ...device.left
      ? [["left the run", `after ${device.left.afterTrials} trials: ${device.left.reason}`] as [string, string]]
      : [],
    ...measurements.length > 0 ? measuredFacts(measurements) : [],
  ];
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

/** Repetitions of a network share its measurements, which count once. */
function distinctMeasurements({ trials }: ReportData): Measurement[] {
  return trials.filter(({ duplicateOf }) => duplicateOf === undefined).flatMap(({ measurements }) => measurements);
}

/** How the latencies came about, per device. */
export function measuring(data: ReportData): Html {
  return html`<section>
<h2>How it was measured</h2>
<p class="note">Networks are timed in interleaved blocks beside a small and a large reference network, one image at a time,
with the answer read back, after a warm-up. A latency is the median of the samples, freed of the drift of the references
from their nominal times on that device; its interval covers blocks and page loads.</p>
${data.devices.map((device) => deviceFacts(data, device))}
</section>`;
}

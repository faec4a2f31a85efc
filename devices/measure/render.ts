// What a person gets of a measurement: a table, what is doubtful about it in words, and which model is the fastest.
import { formatMilliseconds } from "../../src/cli/format.ts";
import { plainTable, type TableColumn } from "../../src/cli/plain_table.ts";
import { plainText, truncateToWidth, wrapWords } from "../../src/cli/text_width.ts";
import { flagMeaning } from "../protocol/flags.ts";
import type { Comparison } from "./compare.ts";
import type { MeasureFailure, ModelMeasurement } from "./measure.ts";

const nameColumns = 28;

function mark({ flags, valid }: ModelMeasurement["measurement"]): string {
  return valid ? (flags.length > 0 ? "!" : "") : "✗";
}

function tableColumns(rows: readonly ModelMeasurement[]): TableColumn<ModelMeasurement>[] {
  const oneOf = (key: (row: ModelMeasurement) => string) => new Set(rows.map(key)).size === 1;
  const ms = (value: number) => formatMilliseconds(value);
  const columns: (TableColumn<ModelMeasurement> & { hidden?: boolean })[] = [
    { head: "model", cell: ({ model }) => truncateToWidth(model, nameColumns), dropOrder: 0 },
    {
      head: "device",
      cell: ({ measurement }) => measurement.device.name,
      dropOrder: oneOf(({ measurement }) => measurement.device.name) ? 5 : 0,
    },
    {
      head: "runtime",
      cell: ({ measurement }) => measurement.runtime,
      dropOrder: oneOf(({ measurement }) => measurement.runtime) ? 4 : 0,
    },
    { head: "ms", cell: ({ measurement }) => ms(measurement.latencyMs), align: "right", dropOrder: 0 },
    {
      head: "95 %",
      cell: ({ measurement: { nominal, ratioHigh, ratioLow } }) =>
        `${ms(ratioLow * nominal.smallMs)}–${ms(ratioHigh * nominal.smallMs)}`,
      align: "right",
      dropOrder: 1,
    },
    { head: "median", cell: ({ measurement }) => ms(measurement.medianMs), align: "right", dropOrder: 3 },
    { head: "p90", cell: ({ measurement }) => ms(measurement.p90Ms), align: "right", dropOrder: 2 },
    { head: "ratio", cell: ({ measurement }) => measurement.ratio.toFixed(3), align: "right", dropOrder: 6 },
    {
      head: "",
      cell: ({ measurement }) => mark(measurement),
      dropOrder: 0,
      hidden: rows.every(({ measurement }) => mark(measurement) === ""),
    },
  ];
  return columns.filter(({ hidden }) => !hidden);
}

/** "model on device (runtime)". */
function place(model: string, device: string, runtime?: string): string {
  return `${plainText(model)} on ${device}${runtime ? ` (${runtime})` : ""}`;
}

/** Each kind of doubt once, with all the models of a session that it is about. */
function doubts(rows: readonly ModelMeasurement[]): string[] {
  const doubtful = rows.filter(({ measurement }) => mark(measurement) !== "");
  const kinds = Map.groupBy(
    doubtful,
    ({ measurement: { device, flags, runtime, valid } }) => JSON.stringify([device.name, runtime, valid, flags]),
  );
  return [...kinds.values()].map((group) => {
    const { device, flags, runtime, valid } = group[0].measurement;
    const models = group.map(({ model }) => model).join(", ");
    const reasons = flags.map((flag) => plainText(flagMeaning(flag))).join("; ");
    return `${mark(group[0].measurement)} ${place(models, device.name, runtime)}` +
      `${valid ? "" : " must not be trusted"}: ${reasons}`;
  });
}

function comparisonLine({ device, runtime, fastest, others }: Comparison, named: boolean): string {
  const where = named ? ` on ${device} (${runtime})` : "";
  const times = others.map(({ model, times: { value, low, high } }) => {
    const interval = `${low.toFixed(2)} to ${high.toFixed(2)}`;
    return low <= 1
      ? `${plainText(model)} cannot be told apart from it (${interval} times)`
      : `${plainText(model)} takes ${value.toFixed(2)} times as long (${interval})`;
  });
  return `${plainText(fastest)} is the fastest${where}; ${times.join(", ")}`;
}

/** Failures in one line each; what is wrong with a model whatever the device is said once. */
export function failureLines(failures: readonly MeasureFailure[]): string[] {
  const lines = failures.map(({ model, device, runtime, error }) =>
    plainText(error.includes(model) && !runtime ? error : `${place(model, device, runtime)}: ${error}`)
  );
  return [...new Set(lines)];
}

/** The table, at most `columns` wide, with the lines below it; empty where nothing was measured. */
export function renderMeasurements(
  measurements: readonly ModelMeasurement[],
  { comparisons, columns }: { comparisons: readonly Comparison[]; columns: number },
): string {
  if (measurements.length === 0) return "";
  const several = new Set(measurements.map(({ measurement: m }) => `${m.device.name} ${m.runtime}`)).size > 1;
  const sections = [
    plainTable(tableColumns(measurements), measurements, columns),
    doubts(measurements).flatMap((line) => wrapWords(line, columns)),
    comparisons.flatMap((comparison) => wrapWords(comparisonLine(comparison, several), columns)),
  ];
  return sections.filter(({ length }) => length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

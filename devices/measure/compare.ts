// Which model is faster, and by how much: from the rounds that both were timed in, so that whatever slowed the device for
// a while slowed both; where there are none, from how both compare with the references.
import type { Measurement, RuntimeName } from "../../src/schemas/measurement.ts";
import { exponential, type Interval, logWindowMedians, twoLevelInterval } from "../protocol/ratio.ts";
import { ratioPriors } from "../protocol/spread.ts";
import type { ModelMeasurement } from "./measure.ts";

/** The models of one device and runtime, held against the fastest of them. */
export interface Comparison {
  device: string;
  runtime: RuntimeName;
  fastest: string;
  /** Times of the others in times of the fastest, ascending, each with its 95 % interval. */
  others: { model: string; times: Interval }[];
}

/** Per load ln(slow / fast) of every window of rounds; undefined where the two were not timed in the same rounds. */
function pairedLogTimes(slow: Measurement, fast: Measurement): Float64Array[] | undefined {
  if (slow.loads.length !== fast.loads.length) return undefined;
  const series = slow.loads.map(({ samplesMs, smallMs }, load) => {
    const other = fast.loads[load];
    // Those of the same rounds have the same reference beside them.
    const shared = smallMs.length === other.smallMs.length && smallMs.every((ms, round) => ms === other.smallMs[round]);
    if (!shared) return null;
    const fastLogs = logWindowMedians(other.samplesMs);
    return logWindowMedians(samplesMs).map((log, window) => log - fastLogs[window]);
  });
  return series.every((load) => load !== null) ? series : undefined;
}

/** Of models that share no rounds, by what both are to the same references; undefined where those are not the same. */
function byReferences(slow: Measurement, fast: Measurement): Interval | undefined {
  if (slow.nominal.smallMs !== fast.nominal.smallMs || slow.nominal.largeMs !== fast.nominal.largeMs) return undefined;
  const value = Math.log(slow.ratio / fast.ratio);
  // Errors of two sessions are independent.
  const side = (a: number, b: number) => Math.hypot(Math.log(a), Math.log(b));
  return exponential({
    value,
    low: value - side(slow.ratio / slow.ratioLow, fast.ratioHigh / fast.ratio),
    high: value + side(slow.ratioHigh / slow.ratio, fast.ratio / fast.ratioLow),
  });
}

/** Compares valid measurements of one device and runtime. */
export function compareModels(measurements: readonly ModelMeasurement[]): Comparison[] {
  const groups = Map.groupBy(
    measurements.filter(({ measurement }) => measurement.valid),
    ({ measurement: { device, runtime } }) => `${device.name}\n${runtime}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [fastest, ...slower] = group.toSorted((a, b) => a.measurement.latencyMs - b.measurement.latencyMs);
    const { device, runtime } = fastest.measurement;
    const others = slower.flatMap(({ model, measurement }) => {
      const series = pairedLogTimes(measurement, fastest.measurement);
      const times = series
        ? exponential(twoLevelInterval(series, { prior: ratioPriors[runtime] }).estimate)
        : byReferences(measurement, fastest.measurement);
      return times ? [{ model, times }] : [];
    });
    return others.length > 0 ? [{ device: device.name, runtime, fastest: fastest.model, others }] : [];
  });
}

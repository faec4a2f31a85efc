// Which model is faster, and by how much: from the rounds that both were timed in, so that whatever slowed the device for
// a while slowed both.
import type { Measurement, RuntimeName } from "../../src/schemas/measurement.ts";
import { exponential, type Interval, twoLevelInterval } from "../protocol/ratio.ts";
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

/** Per load ln(slow / fast) of every round; undefined where the two were not timed in the same rounds. */
function pairedLogTimes(slow: Measurement, fast: Measurement): Float64Array[] | undefined {
  if (slow.loads.length !== fast.loads.length) return undefined;
  const series = slow.loads.map(({ samplesMs }, load) => {
    const other = fast.loads[load].samplesMs;
    return samplesMs.length === other.length ? Float64Array.from(samplesMs, (ms, i) => Math.log(ms / other[i])) : null;
  });
  return series.every((load) => load !== null) ? series : undefined;
}

/** Compares valid measurements of the same session; those that stand alone are in no comparison. */
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
      if (!series) return [];
      const { estimate } = twoLevelInterval(series, { prior: ratioPriors[runtime] });
      return [{ model, times: exponential(estimate) }];
    });
    return others.length > 0 ? [{ device: device.name, runtime, fastest: fastest.model, others }] : [];
  });
}

// Which results the table over all settings is made of: the same seeds for all, none of them a survivor.
import type { ResultRecord } from "./records.ts";

export type Trained = Extract<ResultRecord, { type: "trained" }>;

export const isTrained = (record: ResultRecord): record is Trained => record.type === "trained";

export const settingOf = ({ dataset, pair }: { dataset: string; pair: string }) => `${dataset} ${pair}`;

/** Groups in the order of first appearance. */
export function groupBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** Seeds of which `records` have a result, failed ones included, in each of so many settings, in order. */
function seedsEverywhere(records: readonly ResultRecord[], settings: number): number[] {
  return [...groupBy(records, ({ seed }) => String(seed)).values()]
    .filter((own) => new Set(own.map(settingOf)).size === settings)
    .map(([{ seed }]) => seed).sort((a, b) => a - b);
}

/** Results of the methods that succeeded with all `seeds` of the control in all settings; the others with a reason. */
export function wholeOf(
  records: readonly ResultRecord[],
  control: string,
): { whole: ResultRecord[]; seeds: number[]; leftOut: { method: string; reason: string }[] } {
  const settings = new Set(records.map(settingOf)).size;
  const methods = [...groupBy(records, ({ row }) => row)].map(([method, own]) => ({
    method,
    own,
    has: new Set(seedsEverywhere(own, settings)),
  }));
  const ofControl = methods.find(({ method }) => method === control)?.own.filter(isTrained) ?? [];
  let seeds = seedsEverywhere(ofControl, settings);
  // The last seed is still under way where a method lacks it and nothing else; it would leave out what comes after.
  const earlier = seeds.slice(0, -1);
  const last = seeds[earlier.length];
  const underWay = methods.some(({ has }) => !has.has(last) && earlier.every((seed) => has.has(seed)));
  if (earlier.length >= 2 && underWay) seeds = earlier;
  const whole: ResultRecord[] = [];
  const leftOut: { method: string; reason: string }[] = [];
  if (seeds.length === 0) return { whole, seeds, leftOut };
  const wanted = seeds.length * settings;
  for (const { method, own } of methods) {
    const counted = own.filter(({ seed }) => seeds.includes(seed));
    const trained = counted.filter(isTrained);
    const failed = counted.length - trained.length;
    if (trained.length === wanted) whole.push(...trained);
    else if (failed > 0) leftOut.push({ method, reason: `failed on ${failed} of ${counted.length}` });
    else leftOut.push({ method, reason: `${trained.length} of ${wanted} trainings` });
  }
  return { whole, seeds, leftOut };
}

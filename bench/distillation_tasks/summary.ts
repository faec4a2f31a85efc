// The figures of every row with intervals, and of every claim whether it holds, seed by seed.
import { tasks } from "../../src/tasks/table.ts";
import { holm, type Interval, mean, meanInterval, stratifiedProbability } from "../distillation/statistics.ts";
import type { ResultRecord } from "./job.ts";
import { type Claim, controlOf, type Setting, type SettingName, settingOf } from "./settings.ts";

type Trained = Extract<ResultRecord, { type: "trained" }>;

/** One row beside another one over the seeds that both have. What is better is above zero, of errors too. */
export interface Gain extends Interval {
  seeds: number;
  /** Seeds with which the row was better. */
  better: number;
  /** Two-sided, paired; null for too few seeds. */
  p: number | null;
}

export interface RowSummary {
  setting: SettingName;
  row: string;
  /** What the score is, of the test images. */
  score: string;
  trained: number;
  failed: number;
  /** One of the reasons. */
  reason?: string;
  value: Interval | null;
  /** Against the setting's first row. */
  gain: Gain | null;
  /** Mean of the teachers' scores. */
  teacher: number | null;
  seconds: number | null;
  /** Share of the epochs after which the test accuracy was what the first row ended with; null where not reached by all. */
  epochsToControl: number | null;
}

export interface ClaimSummary extends Claim {
  setting: SettingName;
  gain: Gain | null;
  /** After Holm's correction over all claims. */
  correctedP: number | null;
}

const isTrained = (record: ResultRecord): record is Trained => record.type === "trained";

function higherIsBetter(setting: Setting): boolean {
  return setting.type === "transfer" || tasks[setting.task].higherIsBetter;
}

const mainOf = (scores: Record<string, number>) => Object.values(scores)[0];

function gainOf(own: readonly Trained[], others: readonly Trained[], sign: 1 | -1): Gain | null {
  const bySeed = new Map(others.map((record) => [record.seed, mainOf(record.scores)]));
  const gains = own.flatMap(({ scores, seed }) => {
    const other = bySeed.get(seed);
    return other === undefined ? [] : [sign * (mainOf(scores) - other)];
  });
  if (gains.length === 0) return null;
  return {
    ...meanInterval(gains),
    seeds: gains.length,
    better: gains.filter((gain) => gain > 0).length,
    p: stratifiedProbability([gains]),
  };
}

/** Mean share of the epochs until the accuracy with which the control of the same seed ended. */
function epochsToControl(own: readonly Trained[], controls: readonly Trained[]): number | null {
  const shares = own.map(({ accuracyByEpoch, seed }) => {
    const goal = controls.find((control) => control.seed === seed)?.accuracyByEpoch.at(-1);
    const epoch = goal === undefined ? -1 : accuracyByEpoch.findIndex((accuracy) => accuracy >= goal);
    return epoch < 0 ? null : (epoch + 1) / accuracyByEpoch.length;
  });
  const reached = shares.filter((share) => share !== null);
  return reached.length > 0 && reached.length === shares.length ? mean(reached) : null;
}

/** Rows and claims of `settings` in their order, from records of any. */
export function summaryOf(
  records: readonly ResultRecord[],
  settings: readonly SettingName[],
): { rows: RowSummary[]; claims: ClaimSummary[] } {
  const rows: RowSummary[] = [];
  const claims: Omit<ClaimSummary, "correctedP">[] = [];
  for (const name of settings) {
    const setting = settingOf(name);
    const sign = higherIsBetter(setting) ? 1 : -1;
    const all = records.filter((record) => record.setting === name);
    const trained = (row: string) => all.filter(isTrained).filter((record) => record.row === row);
    const controls = trained(controlOf(setting).name);
    for (const { name: row } of setting.rows) {
      const own = trained(row);
      const failures = all.filter((record) => record.type === "failed").filter((record) => record.row === row);
      if (own.length + failures.length === 0) continue;
      rows.push({
        setting: name,
        row,
        score: own.length === 0 ? "" : Object.keys(own[0].scores)[0],
        trained: own.length,
        failed: failures.length,
        ...(failures.length > 0 && { reason: failures[0].reason }),
        value: own.length === 0 ? null : meanInterval(own.map(({ scores }) => mainOf(scores))),
        gain: row === controlOf(setting).name ? null : gainOf(own, controls, sign),
        teacher: own.length === 0 ? null : mean(own.map(({ teacher }) => mainOf(teacher))),
        seconds: own.length === 0 ? null : mean(own.map(({ seconds }) => seconds)),
        epochsToControl: epochsToControl(own, controls),
      });
    }
    for (const claim of setting.claims) {
      claims.push({ ...claim, setting: name, gain: gainOf(trained(claim.row), trained(claim.than), sign) });
    }
  }
  const corrected = holm(claims.map(({ gain }) => gain?.p ?? null));
  return { rows, claims: claims.map((claim, index) => ({ ...claim, correctedP: corrected[index] })) };
}

/** What its 95 % interval, not corrected for the number of claims, makes of a claim. */
export function verdict({ expected, gain }: Pick<ClaimSummary, "expected" | "gain">): string {
  if (!gain || gain.low === null || gain.high === null) return "too few seeds";
  const differs = gain.low > 0 ? "better" : gain.high < 0 ? "worse" : undefined;
  if (expected === "alike") return differs === undefined ? "no difference found" : `differs: ${differs}`;
  if (differs === "better") return "holds";
  if (differs === "worse") return "the opposite";
  return gain.mean > 0 ? "direction only" : "not seen";
}

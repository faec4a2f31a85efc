// H5, H6 and H10: what the two rewards make of the sampled latencies, and how samples move over a search.
import { spearman } from "../../../search/rank_correlation.ts";
import { type ArmRun, runArm } from "../arms.ts";
import { type Claim, targetShares } from "../claim.ts";
import { latencyHistograms } from "../figures/latencies.ts";
import { scatter } from "../figures/scatter.ts";
import { findingFrom, findingOf } from "../paired.ts";
import { percent, rounded } from "../rows.ts";
import { settleAll } from "../search_arm.ts";
import { deviation, pearson } from "../statistics.ts";
import { mean } from "../../distillation/statistics.ts";

interface Cell {
  share: number;
  guided: ArmRun;
  soft: ArmRun;
}

export interface RewardsBlock {
  seed: number;
  cells: Cell[];
}

/** Latencies over the target in the second half of a search. */
function lateRatios({ students, targetMs }: ArmRun): number[] {
  return students.slice(Math.floor(students.length / 2)).map(({ latencyMs }) => latencyMs / targetMs);
}

const logDeviation = (ratios: readonly number[]) => deviation(ratios.map(Math.log));

/** Spearman of a value with the place of the trial; 0 where it never changes. */
function trend(run: ArmRun, value: (student: ArmRun["students"][number]) => number): number {
  return spearman(run.students.map((_, trial) => trial), run.students.map(value)) ?? 0;
}

/** Fisher's 95 % interval of a correlation `r` of `n` pairs. */
export function fisherInterval(r: number, n: number): { mean: number; low: number; high: number } {
  if (n < 4) throw new RangeError(`the interval of a correlation takes 4 pairs or more, got ${n}`);
  const half = 1.959964 / Math.sqrt(n - 3);
  return { mean: r, low: Math.tanh(Math.atanh(r) - half), high: Math.tanh(Math.atanh(r) + half) };
}

export const rewards: Claim<RewardsBlock> = {
  name: "rewards",
  ids: ["H5", "H6", "H10"],
  summary: "soft against hard reward, and how latency and accuracy of samples move over a search",
  async block(context) {
    const cells = await settleAll(targetShares.map(async (share) => {
      const [guided, soft] = await settleAll(
        (["guided", "soft"] as const).map((arm) => runArm(context, arm, share)),
      );
      return { share, guided, soft };
    }));
    return { seed: context.seed, cells };
  },
  judge(blocks, { calibration }) {
    const all = blocks.flatMap(({ cells, seed }) => cells.map((cell) => ({ ...cell, seed })));
    const values = (value: (cell: Cell) => number) => all.map((cell) => ({ stratum: cell.share, value: value(cell) }));
    const linear = pearson(
      calibration.map(({ multiplyAdds }) => multiplyAdds),
      calibration.map(({ latencyMs }) => latencyMs),
    );
    if (linear === null) throw new Error("all calibration students have one latency");
    const beta = Math.log2(1.05);
    return {
      findings: [
        findingFrom(
          {
            id: "H5",
            claimed: "the soft reward spreads its samples wider than the hard one",
            measured: "log of the ratio of variances of log latency, soft over hard, second half of the trials",
            unit: "",
          },
          values(({ guided, soft }) => 2 * Math.log(logDeviation(lateRatios(soft)) / logDeviation(lateRatios(guided)))),
          { above: 0, worth: Math.log(1.5) },
        ),
        findingFrom(
          {
            id: "H5",
            claimed: "the hard reward stays below the target",
            measured: "1 minus mean latency over target, hard reward, second half of the trials",
            unit: "",
          },
          values(({ guided }) => 1 - mean(lateRatios(guided))),
          { above: 0, worth: 0.05 },
        ),
        {
          id: "H6",
          claimed: "an exponent of -0.07 makes 5 % more accuracy worth twice the latency",
          measured: "log2(1.05)",
          value: beta,
          low: beta,
          high: beta,
          unit: "",
          n: 1,
          verdict: Math.abs(beta - 0.07) < 0.0005 ? "confirmed" : "not confirmed",
          rule: "0.07 to two decimals; arithmetic",
        },
        findingOf(
          {
            id: "H10",
            claimed: "latency is about linear in multiply-adds",
            measured: "Pearson's correlation of measured latency and multiply-adds, calibration students",
            unit: "",
            note: "interval by Fisher's transform",
          },
          fisherInterval(linear, calibration.length),
          // Different students stand for seeds here: each was measured on its own.
          { n: calibration.length, seeds: calibration.length },
          { above: 0.8, worth: 0 },
        ),
        findingFrom(
          {
            id: "H10",
            claimed: "samples move to the target",
            measured: "minus Spearman of |log(latency / target)| with the trial's place, hard reward",
            unit: "",
          },
          values(({ guided }) => -trend(guided, ({ latencyMs }) => Math.abs(Math.log(latencyMs / guided.targetMs)))),
          { above: 0, worth: 0.1 },
        ),
        findingFrom(
          {
            id: "H10",
            claimed: "accuracy rises",
            measured: "Spearman of accuracy with the trial's place, hard reward",
            unit: "",
          },
          values(({ guided }) => trend(guided, ({ accuracy }) => accuracy)),
          { above: 0, worth: 0.1 },
        ),
      ],
      figures: [
        latencyHistograms(
          all.flatMap(({ guided, soft }) =>
            ([["hard", guided], ["soft", soft]] as const).flatMap(([reward, { students, targetMs }]) => {
              const third = Math.floor(students.length / 3);
              const ratiosOf = (part: "first third" | "last third", from: typeof students) =>
                from.map(({ latencyMs }) => ({ reward, part, ratio: latencyMs / targetMs }));
              return [
                ...ratiosOf("first third", students.slice(0, third)),
                ...ratiosOf("last third", students.slice(students.length - third)),
              ];
            })
          ),
        ),
        scatter({
          name: "latency-and-multiply-adds",
          caption: "Measured latency of the calibration students against their multiply-adds.",
          panel: "Calibration students",
          x: "multiply-adds, millions",
          y: "latency, ms",
          series: ["student"],
          points: calibration.map(({ latencyMs, multiplyAdds }) => ({
            x: multiplyAdds / 1e6,
            y: latencyMs,
            series: 0,
          })),
          yZero: true,
        }),
      ],
      tables: [{
        title: "H5: sampled latencies in the second half of the searches",
        rows: all.flatMap(({ share, seed, ...runs }) =>
          (["guided", "soft"] as const).map((arm) => {
            const ratios = lateRatios(runs[arm]);
            return {
              seed,
              target: share,
              reward: arm === "guided" ? "hard" : "soft",
              "mean latency / target": rounded(mean(ratios)),
              "deviation of log latency": rounded(logDeviation(ratios)),
              "below target, %": percent(ratios.filter((ratio) => ratio <= 1).length / ratios.length),
            };
          })
        ),
      }],
    };
  },
};

// Whether intervals can be believed: a network against itself is equal, and one that was slowed down is slower.
import type { ProfileName } from "../../src/schemas/measurement.ts";
import type { MeasuredModel } from "./lab.ts";
import { twin } from "./networks.ts";
import { plantedShare } from "./plant.ts";
import { countLine, type Line, percent, type Row } from "./row.ts";
import { differenceInterval, median } from "./statistics.ts";
import { usualSamples } from "./usual.ts";

const models = [twin({ planted: false }), twin({ planted: true })];

function intervalRow(profile: ProfileName, aims: { equal: number; found: number } | null): Row {
  return async ({ lab, pieces, sessions: of }) => {
    const sessions = await pieces.collect(
      `twins ${profile}`,
      of,
      () => lab.session(models, profile, { planted: true }),
    );
    const usual = await pieces.collect("intervals usual", of, async () => ({
      first: await usualSamples(lab, models[0]),
      again: await usualSamples(lab, models[0]),
      planted: await usualSamples(lab, models[1], true),
    }));
    const twins = sessions.map(({ models }) => models[0]);
    const planted = sessions.map(({ models }) => models[1]);
    const count = <Value>(values: readonly Value[], test: (value: Value) => boolean) => values.filter(test).length;
    const equal = ({ valid, ratioLow, ratioHigh }: MeasuredModel) => valid && ratioLow <= 1 && ratioHigh >= 1;
    const slower = ({ valid, ratioLow }: MeasuredModel) => valid && ratioLow > 1;
    const share = (aim: number | undefined) => aim === undefined ? null : Math.ceil(aim * of);
    const lines: Line[] = [
      countLine(
        `interval of a network against itself contains 1, ${profile}`,
        share(aims?.equal),
        of,
        count(twins, equal),
        count(usual, ({ first, again }) => {
          const { low, high } = differenceInterval(first, again);
          return low <= 0 && high >= 0;
        }),
      ),
      countLine(
        `a planted slowdown of ${plantedShare * 100} % is found, ${profile}`,
        share(aims?.found),
        of,
        count(planted, slower),
        count(usual, ({ first, planted }) => differenceInterval(first, planted).low > 0),
      ),
      {
        figure: `slowdown that was found, median, ${profile}`,
        aim: "",
        nacre: percent(median(planted.map(({ ratio }) => ratio)) - 1),
        usual: percent(median(usual.map(({ first, planted }) => mean(planted) / mean(first))) - 1),
        met: null,
      },
    ];
    return lines;
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export const standardIntervals = intervalRow("standard", { equal: 0.9, found: 1 });
export const fastIntervals = intervalRow("fast", null);

// How much a figure changes from one fresh load of the page to the next, and how far it lies from that of a 60 s run.
import type { ProfileName } from "../../src/schemas/measurement.ts";
import { withHogs } from "./hogs.ts";
import type { MeasuredModel, Session } from "./lab.ts";
import { student } from "./networks.ts";
import { type Line, percent, type Row, type RowContext, shareLine } from "./row.ts";
import { bias, median, variation } from "./statistics.ts";
import { usualMean } from "./usual.ts";

const hogs = 2;
const conditions = { quiet: 0, [`${hogs} hogs`]: hogs };
const model = student(3);

/** Sessions until `loads` fresh loads came of them. */
async function sessionsOf(
  { lab, pieces, loads }: RowContext,
  profile: ProfileName,
  condition: string,
  count: number,
): Promise<{ sessions: Session[]; perLoad: { ratio: number; medianMs: number }[] }> {
  const make = () => lab.session([model], profile);
  const first = await withHogs(count, () => pieces.collect(`${profile} ${condition}`, 1, make));
  const needed = Math.ceil(loads / first[0].models[0].loads.length);
  const sessions = await withHogs(count, () => pieces.collect(`${profile} ${condition}`, needed, make));
  const perLoad = sessions.flatMap(({ models }) => models[0].loads).slice(0, loads);
  return { sessions, perLoad };
}

/** The figures of a 60 s run, which stand for the truth. */
async function truth({ lab, pieces }: RowContext): Promise<MeasuredModel> {
  const [session] = await pieces.collect("certified quiet", 1, () => lab.session([model], "certified"));
  return session.models[0];
}

function usualOf({ lab, pieces, loads }: RowContext, condition: string, count: number): Promise<number[]> {
  return withHogs(count, () => pieces.collect(`usual ${condition}`, loads, () => usualMean(lab, model)));
}

function spreadRow(profile: ProfileName, aims: { variation: number; bias: number }): Row {
  return async (context) => {
    const exact = await truth(context);
    const lines: Line[] = [];
    for (const [condition, count] of Object.entries(conditions)) {
      const { sessions, perLoad } = await sessionsOf(context, profile, condition, count);
      const usual = await usualOf(context, condition, count);
      const ratios = perLoad.map(({ ratio }) => ratio);
      const of = `${profile}, ${condition}`;
      lines.push(
        shareLine(
          `variation of the ratio over ${perLoad.length} loads, ${of}`,
          aims.variation,
          variation(ratios),
          variation(usual),
        ),
        {
          ...shareLine(
            `bias against a 60 s run, ${of}`,
            aims.bias,
            bias(ratios, exact.ratio),
            bias(usual, exact.medianMs),
          ),
          // The aim is for a quiet machine, which the 60 s run was.
          ...count > 0 ? { aim: "", met: null } : {},
        },
        {
          figure: `the same of the median in ms, not corrected, ${of}`,
          aim: "",
          nacre: percent(variation(perLoad.map(({ medianMs }) => medianMs))),
          usual: "",
          met: null,
        },
        {
          figure: `seconds per session, and sessions not to be trusted, ${of}`,
          aim: "",
          nacre: `${median(sessions.map(({ seconds }) => seconds)).toFixed(1)} s, ${
            sessions.filter(({ models }) => !models[0].valid).length
          } of ${sessions.length}`,
          usual: "",
          met: null,
        },
      );
    }
    return lines;
  };
}

export const standardSpread = spreadRow("standard", { variation: 0.01, bias: 0.02 });
export const fastSpread = spreadRow("fast", { variation: 0.03, bias: 0.05 });

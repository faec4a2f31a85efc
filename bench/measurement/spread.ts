// How much a figure changes from one fresh load of the page to the next, and how far it lies from that of a 60 s run.
import type { ProfileName } from "../../src/schemas/measurement.ts";
import { withHogs } from "./hogs.ts";
import type { MeasuredModel, Session } from "./lab.ts";
import { student, widerReference } from "./networks.ts";
import { type Line, percent, type Row, type RowContext, shareLine } from "./row.ts";
import { bias, median, variation } from "./statistics.ts";
import { usualMean } from "./usual.ts";

const hogs = 2;
const conditions = { quiet: 0, [`${hogs} hogs`]: hogs };

/**
 * Timed side by side: one of the references' kind, and a student with other kernels, whose code and memory a fresh load
 * places otherwise than the references'.
 */
const models = [widerReference(), student(3)];

/** Sessions until `loads` fresh loads came of them. */
async function sessionsOf(
  { lab, pieces, loads }: RowContext,
  profile: ProfileName,
  condition: string,
  count: number,
): Promise<Session[]> {
  const key = `spread ${profile} ${condition}`;
  const make = () => lab.session(models, profile);
  const first = await withHogs(count, () => pieces.collect(key, 1, make));
  const needed = Math.ceil(loads / first[0].models[0].loads.length);
  return await withHogs(count, () => pieces.collect(key, needed, make));
}

/** The figures of a 60 s run, which stand for the truth. */
async function truth({ lab, pieces }: RowContext): Promise<MeasuredModel[]> {
  const [session] = await pieces.collect("spread certified", 1, () => lab.session(models, "certified"));
  return session.models;
}

function usualOf({ lab, pieces, loads }: RowContext, index: number, condition: string, count: number) {
  const key = `usual ${models[index].name} ${condition}`;
  return withHogs(count, () => pieces.collect(key, loads, () => usualMean(lab, models[index])));
}

function spreadRow(profile: ProfileName, aims: { variation: number; bias: number }): Row {
  return async (context) => {
    const exact = await truth(context);
    const lines: Line[] = [];
    for (const [condition, count] of Object.entries(conditions)) {
      const sessions = await sessionsOf(context, profile, condition, count);
      for (const [index, { name }] of models.entries()) {
        const usual = await usualOf(context, index, condition, count);
        const perLoad = sessions.flatMap((session) => session.models[index].loads).slice(0, context.loads);
        const ratios = perLoad.map(({ ratio }) => ratio);
        const of = `${profile}, ${condition}, ${name}`;
        const biasLine = shareLine(
          `bias against a 60 s run, ${of}`,
          aims.bias,
          bias(ratios, exact[index].ratio),
          bias(usual, exact[index].medianMs),
        );
        lines.push(
          shareLine(
            `variation of the ratio over ${perLoad.length} loads, ${of}`,
            aims.variation,
            variation(ratios),
            variation(usual),
          ),
          // The aim is for a quiet machine, which the 60 s run was.
          count > 0 ? { ...biasLine, aim: "", met: null } : biasLine,
          {
            figure: `variation of the median in ms, not corrected, ${of}`,
            aim: "",
            nacre: percent(variation(perLoad.map(({ medianMs }) => medianMs))),
            usual: "",
            met: null,
          },
        );
      }
      const invalid = sessions.filter((session) => session.models.some(({ valid }) => !valid)).length;
      lines.push({
        figure: `seconds per session, and sessions not to be trusted, ${profile}, ${condition}`,
        aim: "",
        nacre: `${median(sessions.map(({ seconds }) => seconds)).toFixed(1)} s, ${invalid} of ${sessions.length}`,
        usual: "",
        met: null,
      });
    }
    return lines;
  };
}

export const standardSpread = spreadRow("standard", { variation: 0.01, bias: 0.02 });
export const fastSpread = spreadRow("fast", { variation: 0.03, bias: 0.05 });

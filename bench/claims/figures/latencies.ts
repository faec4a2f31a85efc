import * as Plot from "@observablehq/plot";
import { seriesColour } from "../../../search/report/palette.ts";
import type { Figure } from "../claim.ts";
import { drawFigure } from "../drawing.ts";

/** A sampled student: how far from its target, in which part of its search, under which reward. */
export interface SampledLatency {
  ratio: number;
  reward: "hard" | "soft";
  part: "first third" | "last third";
}

const bins = Array.from({ length: 26 }, (_, index) => index / 10);

/** Histograms of latency over target, the first third of the searches above the last one. */
export function latencyHistograms(samples: readonly SampledLatency[]): Figure {
  const caption = "Latency of sampled students over their target, first and last third of all searches, by reward.";
  const svg = drawFigure({
    title: caption,
    panels: (["hard", "soft"] as const).flatMap((reward, series) =>
      (["first third", "last third"] as const).map((part) => ({
        title: `${reward} reward, ${part}`,
        plot: {
          height: 130,
          marginLeft: 44,
          marginBottom: 34,
          x: { domain: [0, 2.5], label: "latency / target", ticks: 6 },
          y: { label: "students", ticks: 3, nice: true },
          marks: [
            Plot.rectY(
              samples.filter((sample) => sample.reward === reward && sample.part === part),
              Plot.binX<Plot.RectYOptions>({ y: "count" }, {
                x: { value: ({ ratio }: SampledLatency) => Math.min(ratio, 2.49), thresholds: bins },
                fill: seriesColour(series),
                inset: 0.5,
              }),
            ),
            Plot.ruleX([1], { stroke: "var(--ink)", strokeDasharray: "4 3" }),
            Plot.ruleY([0], { stroke: "var(--quiet)" }),
          ],
        },
      }))
    ),
  });
  return { name: "latency-histograms", caption, svg };
}

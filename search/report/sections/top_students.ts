import { formatPercent } from "../../../src/cli/format.ts";
import { drawArchitecture, DRAWING_PX, mostChannels } from "../architecture/drawing.ts";
import { type Layer, layersOf } from "../architecture/layers.ts";
import { drawPanel, type LegendSign, legendSign } from "../figures/figure.ts";
import { type Html, html, trusted } from "../html.ts";
import { bestTrials } from "../../completed_trials.ts";
import type { ReportData } from "../report_data.ts";
import { studentLatency, trialName } from "../student_points.ts";

const MOST = 3;

/** Signs, what they stand for, and whether a layer bears them. */
const LEGEND: readonly (readonly [LegendSign, string, (layer: Layer) => boolean])[] = [
  [{ series: 0, as: "bar" }, "convolution", ({ kind }) => kind === "conv"],
  [{ series: 1, as: "bar" }, "MBConv: expand, depthwise, project", ({ kind }) => kind === "bottleneck"],
  [{ series: 2, as: "bar" }, "separable", ({ kind }) => kind === "separable"],
  [{ series: 3, as: "bar" }, "several branches", ({ kind }) => kind === "branches"],
  ["bar", "pooling", ({ kind }) => kind === "pool"],
  ["squeeze", "squeeze and excite (SE)", ({ squeezeExcite }) => squeezeExcite],
  ["skip", "skip (dashed: pooled or projected)", ({ skip }) => skip !== "none"],
];

/** The students with the highest rewards, each drawn layer by layer; nothing before the first is completed. */
export function topStudents(data: ReportData): Html | null {
  const best = bestTrials(data.trials.filter(({ role }) => role === "search"), MOST);
  if (best.length === 0) return null;
  const channels = Math.max(...best.map(({ architecture }) => mostChannels(architecture)));
  const drawings = best.map((trial) => {
    const name = trialName(trial);
    const drawing = drawArchitecture(trial.architecture, channels);
    return html`
      <figure>
        <h3>${name}</h3>
        <p>${formatPercent(trial.accuracy)} in ${studentLatency(data, trial)}</p>
        ${trusted(drawPanel(drawing, DRAWING_PX, `Layers of ${name}`).markup)}
      </figure>
    `;
  });
  const layers = best.flatMap(({ architecture }) => layersOf(architecture));
  const legend = LEGEND.filter(([, , stands]) => layers.some(stands))
    .map(([sign, label]) => html`<li>${legendSign(sign)}${label}</li>`);
  return html`
    <section id="top-students">
      <h2>${best.length === 1 ? "The best student, drawn" : `The ${best.length} best students, drawn`}</h2>
      <p class="note">From images to classes. A bar per layer, repeated layers under one another; its width grows with the
      square root of the channels. Under each name what comes out: height × width × channels.</p>
      <ul class="legend">${legend}</ul>
      <div class="drawings">${drawings}</div>
    </section>
  `;
}

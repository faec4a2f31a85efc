// Several runs on one page.
import { formatCount, formatDuration, formatMilliseconds, formatPercent } from "../../../src/cli/format.ts";
import { frontOverTime } from "../../front_over_time.ts";
import { type Figure, renderFigure } from "../figures/figure.ts";
import { meanBestAccuracy } from "../figures/front_over_time.ts";
import { type Html, html } from "../html.ts";
import { page } from "../page.ts";
import { type ReportData, targetName } from "../report_data.ts";
import { deviceLabel } from "../../latency_words.ts";
import { trialName } from "../student_points.ts";
import { finalOf } from "../student_rows.ts";
import { whyIncomparable, whyOtherRewards } from "./comparable.ts";
import { commonReference, commonUnit, type ComparedRun, comparedRuns, differingRows } from "./compared_run.ts";
import { comparedEntropies, comparedFronts, comparedHypervolumes, comparedRewards, warned } from "./figures.ts";
import { comparedProjection } from "./projection.ts";

/** Every figure of a comparison, in its order. */
export function comparisonFigures(reports: readonly ReportData[]): Figure[] {
  const runs = comparedRuns(reports);
  const entropies = comparedEntropies(runs);
  return [
    comparedFronts(runs),
    comparedRewards(runs),
    comparedHypervolumes(runs),
    ...entropies ? [entropies] : [],
    comparedProjection(runs),
  ];
}

function table(
  id: string,
  label: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: "numbers" | "words" = "numbers",
): Html {
  const kind = align === "words" ? "words" : "";
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table id="${id}">
        <thead>
          <tr>${head.map((cell) => html`<th scope="col" class="${kind}">${cell}</th>`)}</tr>
        </thead>
        <tbody>${rows.map(([name, ...cells]) =>
          html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td class="${kind}">${cell}</td>`)}</tr>`
        )}</tbody>
      </table>
    </div>
  `;
}

const RUNS_NOTE =
  "Best: the student with the highest reward. Test: the same student, trained longer. Hypervolume: mean of " +
  "the best accuracy over all latencies, by one reference for all runs.";

function runsTable(runs: readonly ComparedRun[]): Html {
  const reference = commonReference(runs);
  const otherRewards = whyOtherRewards(runs);
  const note = otherRewards === null ? RUNS_NOTE : `${RUNS_NOTE} Rewards are left out: the runs have ${otherRewards}.`;
  const rows = runs.map(({ data, best, completed, taughtBy }) => {
    const final = best && finalOf(data.final, best);
    const last = completed.length > 0 ? frontOverTime(data.trials, reference).at(-1) : undefined;
    return [
      data.run,
      taughtBy,
      data.controller,
      `${completed.length} of ${data.plannedTrials}`,
      best ? formatPercent(best.accuracy) : "–",
      best ? formatMilliseconds(best.latencyMs) : "–",
      ...otherRewards === null ? [best ? best.reward.toFixed(3) : "–"] : [],
      final ? formatPercent(final.testAccuracy) : "–",
      reference && last ? formatPercent(meanBestAccuracy(last.hypervolume, reference)) : "–",
      formatDuration(data.seconds),
    ];
  });
  const head = [
    "run",
    "teacher",
    "controller",
    "completed",
    "best: validation",
    commonUnit(runs),
    ...otherRewards === null ? ["reward"] : [],
    "test",
    "hypervolume",
    "time",
  ];
  return html`
    <section>
      <h2>Runs</h2>
      <p class="note">${warned(note, runs)}</p>
      ${table("runs", "Runs", head, rows)}
    </section>
  `;
}

function finalsTable(runs: readonly ComparedRun[]): Html {
  const rows = runs.flatMap(({ completed, data }) =>
    completed.flatMap((trial) => {
      const final = finalOf(data.final, trial);
      return final === null ? [] : [{ run: data.run, trial, final }];
    })
  ).sort((a, b) => b.final.testAccuracy - a.final.testAccuracy);
  const cells = rows.map(({ final, run, trial }) => [
    `${run}: ${trialName(trial)}`,
    formatMilliseconds(trial.latencyMs),
    formatPercent(trial.accuracy),
    formatPercent(final.accuracy),
    formatPercent(final.testAccuracy),
    formatCount(trial.parameters),
    formatCount(trial.multiplyAdds),
  ]);
  const head = [
    "student",
    `latency, ${commonUnit(runs)}`,
    "validation",
    "validation, trained longer",
    "test",
    "parameters",
    "multiply-adds",
  ];
  return html`
    <section>
      <h2>Students trained longer</h2>
      ${cells.length > 0
        ? table("finals", "Students that were trained longer", head, cells)
        : html`<p class="nothing">No student of these runs has been trained longer yet.</p>`}
    </section>
  `;
}

function differences(runs: readonly ComparedRun[]): Html {
  const rows = differingRows(runs);
  return html`
    <section>
      <h2>What differs</h2>
      ${rows.length > 0
        ? html`<p class="note">Options in which the configurations differ.</p>${
          table("differences", "Options that differ", ["option", ...runs.map(({ data }) => data.run)], rows, "words")
        }`
        : html`<p class="nothing">All options agree.</p>`}
    </section>
  `;
}

/** Data, targets and states, told once where the runs agree. */
function circumstances(runs: readonly ComparedRun[]): string[] {
  const lines = Map.groupBy(runs, ({ data }) => {
    const { dataset, devices, state } = data;
    const targets = devices.map(({ name, targetMs }) => `${formatMilliseconds(targetMs)} ms on ${deviceLabel(name)}`);
    return `${dataset}; ${targetName(data.reward)} ${targets.join(", ") || "not known yet"}${
      state === "complete" ? "" : `; ${state}`
    }`;
  });
  return [...lines].map(([line, members]) =>
    lines.size === 1 ? line : `${members.map(({ data }) => data.run).join(", ")}: ${line}`
  );
}

/** The comparison of several runs, in any state, as a complete HTML document. RangeError for fewer than two. */
export function renderComparison(reports: readonly ReportData[]): string {
  if (reports.length < 2) throw new RangeError(`A comparison needs at least two runs, got ${reports.length}`);
  const runs = comparedRuns(reports);
  const reason = whyIncomparable(runs);
  const otherRewards = whyOtherRewards(runs);
  return page(
    `Nacre: ${reports.map(({ run }) => run).join(", ")}`,
    html`
      <header>
        <p class="brand">Nacre · comparison</p>
        <h1>${reports.length} runs compared: ${reports.map(({ run }) => run).join(", ")}</h1>
        ${reason === null
          ? null
          : html`<p class="warning" role="note">The runs have ${reason}: their fronts, hypervolumes and rewards do not compare.</p>`}
        ${otherRewards === null
          ? null
          : html`<p class="warning" role="note">The runs have ${otherRewards}: their rewards have no common scale and are left out.</p>`}
        ${circumstances(runs).map((line) => html`<p class="state">${line}</p>`)}
      </header>
      ${runsTable(runs)}
      ${differences(runs)}
      <section>
        <h2>Figures</h2>
        ${comparisonFigures(reports).map(renderFigure)}
      </section>
      ${finalsTable(runs)}
    `,
  );
}

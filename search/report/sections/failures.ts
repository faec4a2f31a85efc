import { formatNumberOf } from "../../../src/cli/format.ts";
import type { TrialState } from "../../../src/schemas/trial.ts";
import { type Html, html } from "../html.ts";
import type { ReportData } from "../report_data.ts";
import { trialName } from "../student_points.ts";
import { latencyCells, latencyHeads } from "./latency_columns.ts";

const WITHOUT_RESULT: readonly TrialState[] = ["failed", "infeasible", "skipped"];

/** A longer table is folded away. */
const MOST_SHOWN = 10;

/** Trials without a result, each with its reason; nothing where every trial has one. */
export function failures(data: ReportData): Html | null {
  const trials = data.trials.filter(({ state }) => WITHOUT_RESULT.includes(state));
  if (trials.length === 0) return null;
  const rows = trials.map((trial) => {
    return html`
      <tr>
        <th scope="row">${trialName(trial)}</th>
        <td class="words">${trial.state}</td>
        ${latencyCells(data, trial)}
        <td class="words reason">${trial.reason ?? "no reason was stored"}</td>
      </tr>
    `;
  });
  const table = html`
    <div class="scroll" tabindex="0" role="region" aria-label="Trials without a result">
      <table id="failures">
        <thead>
          <tr>
            <th scope="col">network</th>
            <th scope="col" class="words">state</th>
            ${latencyHeads(data).map((head) => html`<th scope="col">${head}</th>`)}
            <th scope="col" class="words">reason</th>
          </tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  `;
  return html`
    <section>
      <h2>Trials without a result</h2>
      <p class="note">${formatNumberOf(
        trials.length,
        "trial",
      )}. Infeasible: broke a hard limit and was not trained. Failed: in
    its own training, which the controller was told as reward 0, or by a fault outside it, of which the controller was not
    told. Skipped: foreseen to be of no use, which the controller was
    told in place of a result.</p>
      ${trials.length > MOST_SHOWN
        ? html`<details><summary>Table of ${trials.length} trials</summary>${table}</details>`
        : table}
    </section>
  `;
}

import { formatCount, formatPercent } from "../../../src/cli/format.ts";
import { type Html, html } from "../html.ts";
import { rejections } from "../../why_rejected.ts";
import type { ReportData } from "../report_data.ts";
import { latencyCells, latencyHeads } from "./latency_columns.ts";

/** Every search trial with what became of it and why, folded away; nothing before the first. */
export function allTrials(data: ReportData): Html | null {
  const search = data.trials.filter(({ role }) => role === "search").sort((a, b) => a.number - b.number);
  if (search.length === 0) return null;
  const staying = data.devices.filter(({ left }) => left === null).map(({ name }) => name);
  const reasons = new Map(rejections(search, staying).map(({ trial, reason }) => [trial, reason]));
  const cell = (value: number | undefined, format: (value: number) => string) =>
    html`<td>${value === undefined ? "–" : format(value)}</td>`;
  const rows = search.map((trial) =>
    html`<tr>
<th scope="row">${trial.number}</th><td class="words">${trial.state}</td>${latencyCells(data, trial)}${
      cell(trial.multiplyAdds, formatCount)
    }${cell(trial.accuracy, formatPercent)}${
      cell(trial.reward, (reward) => reward.toFixed(3))
    }<td class="words reason">${reasons.get(trial.number) ?? "–"}</td>
</tr>`
  );
  return html`
    <section>
      <h2>Every trial</h2>
      <p class="note">Why each student is the one to take, or not. The reward of a skipped student is an estimate.</p>
      <details>
        <summary>Table of all trials (${search.length})</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Every trial">
          <table id="all-trials" class="numbers">
            <thead>
              <tr>
                <th scope="col">trial</th>
                <th scope="col" class="words">state</th>
                ${latencyHeads(data).map((head) => html`<th scope="col">${head}</th>`)}
                <th scope="col">multiply-adds</th>
                <th scope="col">validation</th>
                <th scope="col">reward</th>
                <th scope="col" class="words">why</th>
              </tr>
            </thead>
            <tbody>${rows}</tbody>
          </table>
        </div>
      </details>
    </section>
  `;
}

import { formatCount, formatMilliseconds, formatPercent } from "../../../src/cli/format.ts";
import { type Html, html } from "../html.ts";
import type { ReportData } from "../report_data.ts";
import { latencyHeads } from "./latency_columns.ts";
import { noStudent, type RowLatency, type StudentRow, studentRows } from "../student_rows.ts";

const NONE = html`<td class="none">–</td>`;

function number<T>(value: T | null, format: (value: T) => string): Html {
  return value === null ? NONE : html`<td>${format(value)}</td>`;
}

function latencyCell(latency: RowLatency | null): Html {
  if (latency === null) return NONE;
  const interval = latency.interval.map(formatMilliseconds).join("–");
  return html`<td>${formatMilliseconds(latency.latencyMs)}<small>${interval}</small></td>`;
}

function tableRow(row: StudentRow, hasFinals: boolean): Html {
  const marks = [row.best ? "best reward" : "", row.onFront ? "front" : "", row.kind === "student" ? "" : row.kind];
  const badges = marks.filter(Boolean).map((mark) => html`<b class="mark">${mark}</b>`);
  const limit = row.brokenLimit === null ? "" : html`<small>breaks the limit: ${row.brokenLimit}</small>`;
  const cells = [
    ...row.latencies.map(latencyCell),
    number(row.accuracy, formatPercent),
    ...hasFinals ? [number(row.finalAccuracy, formatPercent), number(row.testAccuracy, formatPercent)] : [],
    number(row.reward, (reward) => reward.toFixed(3)),
    number(row.parameters, formatCount),
    number(row.multiplyAdds, formatCount),
  ];
  return html`<tr class="${row.kind}${
    row.best ? " best" : ""
  }"><th scope="row">${row.name} ${badges}${limit}</th>${cells}</tr>`;
}

/** Front, baselines, finally trained students and the teachers in one table. */
export function finalTable(data: ReportData): Html {
  const rows = studentRows(data);
  if (rows.length === 0) {
    return html`
      <section>
        <h2>Students</h2>
        <p class="nothing">${noStudent(data)}.</p>
      </section>
    `;
  }
  const hasFinals = rows.some(({ kind, testAccuracy }) => kind !== "teacher" && testAccuracy !== null);
  const heads = [
    "network",
    ...latencyHeads(data),
    "validation",
    ...hasFinals ? ["validation, trained longer", "test"] : [],
    "reward",
    "parameters",
    "multiply-adds",
  ].map((head) => html`<th scope="col">${head}</th>`);
  const explanation = "Latency with its 95 % interval; validation accuracy after the search's short training" +
    (hasFinals
      ? ". Those with a test accuracy were then trained longer and scored once on the test split, which the search never saw."
      : ". No student has been trained longer and scored on the test split yet.");
  return html`
    <section>
      <h2>Students</h2>
      <p class="note">${explanation}</p>
      ${data.failedFinals.map((line) => html`<p class="note">${line}</p>`)}
      <div class="scroll" tabindex="0" role="region" aria-label="Table of students">
        <table id="students">
          <thead>
            <tr>${heads}</tr>
          </thead>
          <tbody>${rows.map((row) => tableRow(row, hasFinals))}</tbody>
        </table>
      </div>
    </section>
  `;
}

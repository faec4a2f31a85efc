import { formatDuration } from "../../../src/cli/format.ts";
import { type Html, html } from "../html.ts";
import type { ReportData } from "../report_data.ts";

function formatInstant(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** What was asked for, on which machine, with which data. */
export function configuration(data: ReportData): Html {
  const rows: (readonly [string, string])[] = [
    ["run", data.run],
    ["data", data.dataset],
    ["machine", data.machine],
    ["started", formatInstant(data.startedAt)],
    ["report written", formatInstant(data.createdAt)],
    ["time taken", formatDuration(data.seconds)],
    ...data.configuration,
  ];
  return html`
    <section>
      <h2>Configuration</h2>
      <dl id="configuration">${rows.map(([label, value]) =>
        html`
          <div>
            <dt>${label}</dt>
            <dd>${value}</dd>
          </div>
        `
      )}</dl>
    </section>
  `;
}

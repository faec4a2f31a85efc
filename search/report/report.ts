// The report of a run: one HTML file that needs no network, no script and no other file.
import { accuracyAgainstLatency } from "./figures/accuracy_against_latency.ts";
import { renderFigure } from "./figures/figure.ts";
import { latencyAgainstMultiplyAdds } from "./figures/latency_against_multiply_adds.ts";
import { latencyHistogram } from "./figures/latency_histogram.ts";
import { overTrials } from "./figures/over_trials.ts";
import { type Html, html, trusted } from "./html.ts";
import type { ReportData, ReportDevice } from "./report_data.ts";
import { configuration } from "./sections/configuration.ts";
import { failures } from "./sections/failures.ts";
import { finalTable } from "./sections/final_table.ts";
import { headline } from "./sections/headline.ts";
import { measuring } from "./sections/measuring.ts";
import { deviceLabel } from "./student_points.ts";
import { STYLE } from "./style.ts";

const FIGURES = [accuracyAgainstLatency, latencyHistogram, overTrials, latencyAgainstMultiplyAdds];

function figuresHeading({ left, name }: ReportDevice): string {
  const heading = `Figures for ${deviceLabel(name)}`;
  return left ? `${heading}, which left the run after ${left.afterTrials} trials` : heading;
}

function figures(data: ReportData): Html[] {
  if (data.devices.length === 0) {
    return [html`
      <section>
        <h2>Figures</h2>
        <p class="nothing">No device has been opened yet.</p>
      </section>
    `];
  }
  return data.devices.map((device, index) =>
    html`<section>
<h2>${data.devices.length === 1 ? "Figures" : figuresHeading(device)}</h2>
${
      FIGURES.map((figureOf) => {
        const figure = figureOf(data, device);
        return renderFigure(index === 0 ? figure : { ...figure, id: `${figure.id}-${index + 1}` });
      })
    }
</section>`
  );
}

/**
 * The report as a complete HTML document. Works for a run in any state, also without a single trial or device.
 */
export function renderReport(data: ReportData): string {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Nacre: ${data.run}</title>
        <style>${trusted(STYLE)}</style>
      </head>
      <body>
        <main>
    ${headline(data)}
    ${finalTable(data)}
    ${figures(data)}
    ${failures(data)}
    ${measuring(data)}
    ${configuration(data)}
        </main>
      </body>
    </html>
  `.markup;
}

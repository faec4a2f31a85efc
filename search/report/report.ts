// The report of a run: one HTML file that needs no network, no script and no other file.
import { accuracyAgainstLatency } from "./figures/accuracy_against_latency.ts";
import { choicesOverTime } from "./figures/choices.ts";
import { controllerCurves } from "./figures/controller_curves.ts";
import { type Figure, renderFigure } from "./figures/figure.ts";
import { frontOverTime } from "./figures/front_over_time.ts";
import { latencyAgainstMultiplyAdds } from "./figures/latency_against_multiply_adds.ts";
import { latencyHistogram } from "./figures/latency_histogram.ts";
import { overTrials } from "./figures/over_trials.ts";
import { architectureProjection } from "./figures/projection.ts";
import { proxyAgainstFinal } from "./figures/proxy_against_final.ts";
import { sizeAgainstAccuracy } from "./figures/size_against_accuracy.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";
import type { ReportData, ReportDevice } from "./report_data.ts";
import { allTrials } from "./sections/all_trials.ts";
import { configuration } from "./sections/configuration.ts";
import { failures } from "./sections/failures.ts";
import { finalTable } from "./sections/final_table.ts";
import { headline } from "./sections/headline.ts";
import { measuring } from "./sections/measuring.ts";
import { topStudents } from "./sections/top_students.ts";
import { deviceLabel } from "../latency_words.ts";

/** Figures of each device. */
const DEVICE_FIGURES = [accuracyAgainstLatency, latencyHistogram, overTrials, latencyAgainstMultiplyAdds];

/** Figures of the run as a whole, by what they are about. */
const RUN_FIGURES: readonly { heading: string; figures: readonly ((data: ReportData) => Figure)[] }[] = [
  {
    heading: "What the search learned",
    figures: [frontOverTime, controllerCurves, choicesOverTime, architectureProjection],
  },
  { heading: "Size and training", figures: [sizeAgainstAccuracy, proxyAgainstFinal] },
];

/** The figures of the device at `index` of the run, under ids of their own. */
function deviceFigures(data: ReportData, device: ReportDevice, index: number): Figure[] {
  return DEVICE_FIGURES.map((figureOf) => {
    const figure = figureOf(data, device);
    return index === 0 ? figure : { ...figure, id: `${figure.id}-${index + 1}` };
  });
}

/** Every figure of the report, in its order. */
export function reportFigures(data: ReportData): Figure[] {
  return [
    ...data.devices.flatMap((device, index) => deviceFigures(data, device, index)),
    ...RUN_FIGURES.flatMap(({ figures }) => figures.map((figureOf) => figureOf(data))),
  ];
}

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
${deviceFigures(data, device, index).map(renderFigure)}
</section>`
  );
}

function runFigures(data: ReportData): Html[] {
  return RUN_FIGURES.map(({ heading, figures }) =>
    html`<section>
<h2>${heading}</h2>
${figures.map((figureOf) => renderFigure(figureOf(data)))}
</section>`
  );
}

/**
 * The report as a complete HTML document. Works for a run in any state, also without a single trial or device.
 */
export function renderReport(data: ReportData): string {
  return page(
    `Nacre: ${data.run}`,
    html`
      ${headline(data)}
      ${finalTable(data)}
      ${topStudents(data)}
      ${figures(data)}
      ${runFigures(data)}
      ${failures(data)}
      ${allTrials(data)}
      ${measuring(data)}
      ${configuration(data)}
    `,
  );
}

// The comparison as text: a table per setting and one over all, with what was found said plainly.
import type { CostRow } from "./cost.ts";
import type { Recipe } from "./job.ts";
import { control, type Summary, type SummaryRow, verdict } from "./summary.ts";
import type { Interval } from "./statistics.ts";

const points = (share: number, digits = 2) => (100 * share).toFixed(digits);
const signed = (share: number) => `${share >= 0 ? "+" : "−"}${points(Math.abs(share))}`;

function intervalText({ mean, low, high }: Interval, number: (share: number) => string): string {
  return low === null || high === null ? number(mean) : `${number(mean)} (${number(low)} to ${number(high)})`;
}

function probabilityText(p: number | null): string {
  if (p === null) return "";
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** A Markdown table of texts. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function rowsOf(rows: readonly SummaryRow[]): string[] {
  const head = ["method", "n", "test accuracy, %", `minus ${control}, points`, "better/worse", "p", "Holm", "", "s"];
  return table(
    head,
    rows.map((row) => {
      const { method, trainings, failed, accuracy, difference, reason, seconds } = row;
      return [
        method,
        failed > 0 ? `${trainings}, ${failed} failed` : `${trainings}`,
        accuracy ? intervalText(accuracy, (share) => points(share)) : reason ?? "",
        difference ? intervalText(difference, signed) : "",
        difference ? `${difference.better}/${difference.worse}` : "",
        probabilityText(difference?.p ?? null),
        probabilityText(difference?.correctedP ?? null),
        verdict(row),
        seconds === null ? "" : seconds.toFixed(1),
      ];
    }),
  );
}

/** One sentence per kind of outcome. */
export function findings(rows: readonly SummaryRow[]): string[] {
  const names = (wanted: string) => rows.filter((row) => verdict(row) === wanted).map(({ method }) => method);
  const list = (methods: readonly string[]) => methods.length === 0 ? "none" : methods.join(", ");
  return [
    `Better than plain distillation (\`${control}\`): ${list(names("better"))}.`,
    `Worse: ${list(names("worse"))}.`,
    `No difference found at this number of seeds, which is no proof of equality: ${
      list(names("no difference found"))
    }.`,
  ];
}

function costLines(costs: readonly CostRow[]): string[] {
  if (costs.length === 0) return [];
  const number = (value: number | null) => value === null ? "" : String(value);
  const rows = costs.map(({ pair, method, msPerStep, ratio, peakMebibytes, moreMebibytes, reason }) => [
    pair,
    method,
    reason ?? number(msPerStep),
    number(ratio),
    number(peakMebibytes),
    number(moreMebibytes),
  ]);
  const head = ["student", "method", "ms per step", "by plain", "peak, MiB", "more than plain, MiB"];
  return ["", "## Cost of a step", "", ...table(head, rows)];
}

/** The whole text. `figure` is the file beside it. */
export function markdownOf(
  { summary, costs, date, figure, machine, planned, recipe, teachers }: {
    summary: Summary;
    costs: readonly CostRow[];
    date: string;
    figure: string;
    machine: string;
    planned: number;
    recipe: Recipe;
    teachers: Readonly<Record<string, readonly { testAccuracy: number }[]>>;
  },
): string {
  const { trainImages, epochs, batchSize, peakLearningRate } = recipe;
  const trained = summary.settings.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.trainings, 0);
  const taught = Object.entries(teachers).map(([dataset, list]) =>
    `${dataset} ${list.map(({ testAccuracy }) => points(testAccuracy, 1)).join(", ")} %`
  );
  return [
    `# Distillation methods compared, ${date.slice(0, 10)}`,
    "",
    `${trained} of ${planned} trainings: ${epochs} epochs of ${trainImages} images, batches of ${batchSize}, Adam at ` +
    `${peakLearningRate} on a cosine, images as they are, methods at their defaults, untuned. Each student's own ` +
    "training has the same number of steps by every method; what assistants, anchors or peers take comes on top and " +
    "shows in the seconds. Accuracies are on the whole test part, read once per training. Teachers: " +
    `${taught.join("; ")}. Machine: ${machine}.`,
    "",
    "Intervals are 95 % by Student's t; differences are paired by seed (same first weights, same order of images), `p` is " +
    "the paired t-test's, `Holm` its value corrected over the methods of the table. `s` are all seconds a method trains.",
    "",
    `![Accuracy of every method minus that of ${control}, with intervals](${figure})`,
    "",
    "## All settings together",
    "",
    ...findings(summary.overall),
    "",
    ...rowsOf(summary.overall),
    ...summary.settings.flatMap((
      { dataset, pair, rows },
    ) => ["", `## ${dataset}, ${pair} student`, "", ...rowsOf(rows)]),
    ...costLines(costs),
    "",
  ].join("\n");
}

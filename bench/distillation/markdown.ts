// The comparison as text: a table per setting and one over all, with what was found, and what was not asked, said plainly.
import type { CostRow } from "./cost.ts";
import type { Recipe } from "./job.ts";
import { conditions, explanations } from "./markdown_prose.ts";
import { isCompressed, type MethodRow } from "./rows.ts";
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

type NamedRow = Pick<MethodRow, "name" | "method" | "teachers">;

function rowsOf(rows: readonly SummaryRow[], methods: readonly NamedRow[]): string[] {
  const difference = `minus ${control}, points`;
  const head = [
    "method",
    "n",
    "test accuracy, %",
    difference,
    "better/worse",
    "p",
    "Holm",
    "",
    "teachers",
    "steps",
    "s",
  ];
  return table(
    head,
    rows.map((row) => {
      const { method, trainings, accuracy, difference, reason, seconds, steps } = row;
      const known = methods.find(({ name }) => name === method);
      return [
        isCompressed(known?.method ?? method) ? `${method} †` : method,
        String(trainings),
        accuracy ? intervalText(accuracy, (share) => points(share)) : "",
        difference ? intervalText(difference, signed) : "",
        difference ? `${difference.better}/${difference.worse}` : "",
        probabilityText(difference?.p ?? null),
        probabilityText(difference?.correctedP ?? null),
        reason === undefined ? verdict(row) : `${verdict(row)}: ${reason}`,
        known ? String(known.teachers) : "",
        steps === null ? "" : String(steps),
        seconds === null ? "" : seconds.toFixed(1),
      ];
    }),
  );
}

/** One sentence per kind of outcome. */
export function findings({ overall, leftOut, seeds }: Pick<Summary, "overall" | "leftOut" | "seeds">): string[] {
  if (seeds.length === 0) return [`No seed has a result of \`${control}\` in every setting yet.`];
  const names = (wanted: string) => overall.filter((row) => verdict(row) === wanted).map(({ method }) => method);
  const list = (methods: readonly string[]) => methods.length === 0 ? "none" : methods.join(", ");
  const untested = names("too few seeds");
  return [
    `- Seeds: ${seeds.join(", ")}.`,
    `- Better than plain distillation (\`${control}\`): ${list(names("better"))}.`,
    `- Worse: ${list(names("worse"))}.`,
    `- No difference found at this number of seeds, which is no proof of equality: ${
      list(names("no difference found"))
    }.`,
    ...(untested.length === 0 ? [] : [`- Too few seeds to tell: ${list(untested)}.`]),
    ...(leftOut.length === 0 ? [] : [
      `- Not in this table, without a result of each of these seeds in every setting: ${
        leftOut.map(({ method, reason }) => `${method} (${reason})`).join(", ")
      }.`,
    ]),
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

/** The whole text. `figure` is the file beside it, where there is one. */
export function markdownOf(
  { summary, costs, date, figure, machine, methods, planned, recipe, teachers }: {
    summary: Summary;
    costs: readonly CostRow[];
    date: string;
    figure?: string;
    machine: string;
    methods: readonly NamedRow[];
    planned: number;
    recipe: Recipe;
    teachers: Readonly<Record<string, readonly { testAccuracy: number }[]>>;
  },
): string {
  const counts = summary.settings.flatMap(({ rows }) => rows);
  const sum = (of: "trainings" | "failed") => counts.reduce((total, row) => total + row[of], 0);
  const taught = Object.entries(teachers).map(([dataset, list]) =>
    `${dataset} ${list.map(({ testAccuracy }) => points(testAccuracy, 1)).join(", ")} %`
  );
  const failed = sum("failed") > 0 ? ` (${sum("failed")} more failed)` : "";
  return [
    `# Distillation methods compared, ${date.slice(0, 10)}`,
    "",
    `${sum("trainings")} of ${planned} trainings${failed}. ${conditions(recipe, summary)} ` +
    `Test accuracy of the teachers: ${taught.join("; ")}. Machine: ${machine}.`,
    "",
    ...explanations(recipe, summary),
    ...(figure === undefined
      ? []
      : [`![Accuracy of every method minus that of ${control}, with intervals](${figure})`, ""]),
    "## All settings together",
    "",
    ...findings(summary),
    "",
    ...(summary.overall.length === 0 ? [] : rowsOf(summary.overall, methods)),
    ...summary.settings.flatMap((
      { dataset, pair, rows },
    ) => ["", `## ${dataset}, ${pair} student`, "", ...rowsOf(rows, methods)]),
    ...costLines(costs),
    "",
  ].join("\n");
}

// The result as text: what was claimed, what was measured, what follows, with the noise floor beside it. Pure.
import type { NoiseFloor } from "./claims/noise_floor.ts";
import type { Figure, Finding, ResultTable } from "./claim.ts";
import { ruleInWords } from "./verdict.ts";

/** All that the text is made of. */
export interface ClaimsReport {
  /** ISO. */
  date: string;
  machine: string;
  /** How it was measured, a sentence each. */
  setting: readonly string[];
  sections: readonly {
    name: string;
    summary: string;
    seeds: number;
    findings: readonly Finding[];
    tables: readonly ResultTable[];
    figures: readonly (Pick<Figure, "caption"> & { file: string })[];
  }[];
  noise: NoiseFloor | null;
  /** Claims that broke off, and why. */
  failures: readonly string[];
}

const number = (value: number): string => {
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
};

function measuredText({ high, low, unit, value }: Finding): string {
  if (value === null) return "none";
  const interval = low === null || high === null ? "" : ` (${number(low)} to ${number(high)})`;
  return `${number(value)}${interval}${unit === "" ? "" : ` ${unit}`}`;
}

function cell(value: string | number | null): string {
  if (value === null) return "not measured";
  return typeof value === "number" ? String(value).replace("-", "−") : value.replaceAll("|", "\\|");
}

function tableOf(rows: readonly Readonly<Record<string, string | number | null>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((row) => line(columns.map((column) => cell(row[column] ?? null)))),
  ].join("\n");
}

function findingsTable(findings: readonly Finding[]): string {
  return tableOf(findings.map((finding) => ({
    number: finding.id,
    claimed: finding.claimed,
    "value (95 % interval)": measuredText(finding),
    n: finding.n,
    verdict: finding.verdict,
  })));
}

function countsOf(findings: readonly Finding[]): string {
  const count = (verdict: Finding["verdict"]) => findings.filter((finding) => finding.verdict === verdict).length;
  return `${findings.length} numbers: ${count("confirmed")} confirmed, ${count("not confirmed")} not confirmed, ` +
    `${count("not decided")} not decided.`;
}

/** The text, as Markdown. */
export function markdownOf({ date, failures, machine, noise, sections, setting }: ClaimsReport): string {
  const all = sections.flatMap(({ findings }) => findings);
  const missing = sections.filter(({ seeds }) => seeds === 0).map(({ name }) => name);
  const noiseText = noise === null
    ? "The noise floor was not measured: it takes two seeds of `noise-floor`."
    : `Noise floor: one and the same student, trained again, has a standard deviation of ${
      number(noise.proxyPoints)
    } ` +
      `points after a search's short training (validation) and of ${
        number(noise.finalPoints)
      } points after the long one ` +
      `(test); ${noise.students} students, ${noise.seeds} seeds.`;
  const parts = [
    `# The papers' claims, measured at small scale, ${date.slice(0, 10)}`,
    `${countsOf(all)} ${noiseText}`,
    `Rule, fixed in the code before anything was measured: ${ruleInWords} Verdicts are not corrected for their number: ` +
    "of twenty true nothings one is confirmed by chance.",
    ...setting,
    `Machine: ${machine}.`,
    ...(missing.length > 0 ? [`Not reached within the budget: ${missing.join(", ")}.`] : []),
    ...(failures.length > 0 ? [`**Broke off: ${failures.join("; ")}.**`] : []),
    "## All findings",
    findingsTable(all),
    ...sections.filter(({ seeds }) => seeds > 0).flatMap(({ figures, findings, name, seeds, summary, tables }) => [
      `## ${name}`,
      `${summary[0].toUpperCase()}${summary.slice(1)}. Seeds: ${seeds}.`,
      findings.map(({ claimed, id, measured, note, rule, verdict, ...finding }) =>
        `- ${id}, ${claimed}: **${verdict}**. ${measured}: ${
          measuredText({ claimed, id, measured, rule, verdict, ...finding })
        }, ` +
        `n = ${finding.n}. Bound: ${rule}.${note ? ` ${note[0].toUpperCase()}${note.slice(1)}.` : ""}`
      ).join("\n"),
      ...figures.map(({ caption, file }) => `![${caption}](${file})`),
      ...tables.flatMap(({ rows, title }) => [`${title}:`, tableOf(rows)]),
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

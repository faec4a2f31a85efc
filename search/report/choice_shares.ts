// How often a controller took each choice, and how that changed.
import type { ReportDecision } from "./report_data.ts";

/** One decision of a space over the parts of a search. */
export interface ChoiceShares {
  decision: string;
  /** What the decision belongs to, for instance "block1"; "" where its name tells none. */
  group: string;
  /** What is decided, for instance "kernel": the same word in every group that decides it. */
  kind: string;
  choices: readonly string[];
  /** Share of each choice, 0 to 1, in each part of the search. */
  shares: readonly (readonly number[])[];
}

/**
 * Shares of every choice in `parts` parts of equal length of `samples`, the tokens in the order in which they were
 * proposed. Throws a RangeError where there are fewer samples than parts.
 */
export function choiceShares(
  decisions: readonly ReportDecision[],
  samples: readonly (readonly number[])[],
  parts: number,
): ChoiceShares[] {
  if (samples.length < parts) throw new RangeError(`choiceShares: ${samples.length} samples make no ${parts} parts`);
  const bounds = Array.from({ length: parts + 1 }, (_, part) => Math.round(part * samples.length / parts));
  return decisions.map(({ name, choices }, decision) => {
    const dot = name.indexOf(".");
    return {
      decision: name,
      group: dot < 0 ? "" : name.slice(0, dot),
      kind: name.slice(dot + 1),
      choices: choices.map(String),
      shares: bounds.slice(1).map((end, part) => {
        const within = samples.slice(bounds[part], end);
        return choices.map((_, choice) =>
          within.filter((tokens) => tokens[decision] === choice).length / within.length
        );
      }),
    };
  });
}

/** A name from code as words: "filterMultiplier" as "filter multiplier", "block1" as "block 1". */
export function nameWords(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`)
    .replace(/([A-Za-z])(\d)/g, "$1 $2")
    .replace(/[_.-]+/g, " ")
    // Squeeze and excite.
    .replace(/\bse\b/g, "SE")
    .trim();
}

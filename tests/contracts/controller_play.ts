// How tests of controllers play with them: made-up decisions, and proposals that are worth their share of zeros.
import fc from "fast-check";
import type { Controller, Decision, Sample } from "../../search/controller.ts";

/** Decisions with these numbers of choices. */
export function decisionsWith(counts: readonly number[]): Decision[] {
  return counts.map((count, index) => ({ name: `decision ${index}`, choices: new Array(count).fill("choice") }));
}

/**
 * Four decisions, of which the second and the last have choices that are illegal after others; 20 sequences are legal.
 */
export function maskedDecisions(): Decision[] {
  const [one, two, three, four] = decisionsWith([3, 2, 2, 4]);
  return [
    one,
    { ...two, legal: (before) => [before[0] !== 0, true] },
    three,
    { ...four, legal: (before) => before[2] === 0 ? [false, false, true, true] : [true, false, true, false] },
  ];
}

/** Whether every token is legal after those before it. */
export function isLegal(decisions: readonly Decision[], tokens: readonly number[]): boolean {
  return decisions.every((decision, index) => decision.legal?.(tokens.slice(0, index))[tokens[index]] ?? true);
}

/** Share of tokens that are 0. */
export function zeroShare({ tokens }: Sample): number {
  return tokens.filter((token) => token === 0).length / tokens.length;
}

/** Asks and tells `batches` times; returns all samples. */
export function play(controller: Controller, batches: number, size = 5): Sample[] {
  return Array.from({ length: batches }, () => {
    const samples = controller.ask(size);
    controller.tell(samples.map((sample) => ({ sample, reward: zeroShare(sample) })));
    return samples;
  }).flat();
}

/** Asks for some, or tells some of the oldest that are open, every so many of them failed, infeasible or told again. */
export const stepsArbitrary = fc.array(
  fc.record({
    ask: fc.integer({ min: 0, max: 7 }),
    tell: fc.integer({ min: 0, max: 9 }),
    kind: fc.constantFrom("good", "failed", "infeasible", "again"),
  }),
  { minLength: 1, maxLength: 20 },
);

type Step = Parameters<Parameters<typeof stepsArbitrary.map>[0]>[0][number];

/** Plays `steps`, with `open` samples that were asked for before; returns the samples asked for. */
export function playSteps(controller: Controller, steps: readonly Step[], open: Sample[] = []): Sample[] {
  return steps.flatMap(({ ask, tell, kind }) => {
    const asked = ask > 0 ? controller.ask(ask) : [];
    open.push(...asked);
    const told = open.splice(0, tell);
    const results = told.map((sample, index) => {
      const special = index % 2 === 0 ? kind : "good";
      return { sample, reward: special === "failed" ? null : special === "infeasible" ? 0 : zeroShare(sample) };
    });
    controller.tell(kind === "again" ? [...results, ...results] : results);
    return asked;
  });
}

/** A state as it comes back from a file. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** Where in `state` the values are that hold no others, by their keys from the outside. */
export function leavesOf(state: unknown): string[][] {
  if (typeof state !== "object" || state === null) return [[]];
  return Object.entries(state).flatMap(([key, value]) => leavesOf(value).map((path) => [key, ...path]));
}

/** A copy of `state` with `value` at `path`. */
export function withLeaf(state: unknown, [key, ...path]: readonly string[], value: unknown): unknown {
  const copy = structuredClone(state) as Record<string, unknown>;
  copy[key] = path.length > 0 ? withLeaf(copy[key], path, value) : value;
  return copy;
}

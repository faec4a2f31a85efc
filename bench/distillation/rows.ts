// The rows of the comparison: every method of the tables that is about classification, at its defaults, and some variants.
import { completeMethodOptions, methodsFor } from "../../src/distill/methods.ts";
import { createMethod } from "../../src/procedures/table.ts";

export interface MethodRow {
  /** Unique: the method's name, or that of the variant. */
  name: string;
  method: string;
  /** In full. */
  options: Record<string, unknown>;
  /** How many teachers it is given. */
  teachers: number;
}

interface Variant {
  name: string;
  method: string;
  options?: Record<string, unknown>;
}

/** Methods with other options than their own, and sums. One whose method is not there is left out. */
const variants: readonly Variant[] = [
  { name: "kd, T = 2", method: "kd", options: { temperature: 2 } },
  { name: "kd+attention", method: "kd+attention" },
  { name: "kd+crd", method: "kd+crd" },
  { name: "kd+overhaul", method: "kd+overhaul" },
  { name: "kd+nst", method: "kd+nst" },
];

/** Teachers of methods that take several: other seeds of one architecture. */
export const ensembleTeachers = 3;

/**
 * Methods whose students are those of another row: one of fusion's is that of plain distillation, `self-exits` trains as
 * `self` does, and `generalized` is plain distillation where teacher and student see the same image.
 */
const leftOut = ["fusion", "self-exits", "generalized"];

/** Of methods that can do without a teacher, those whose paper's own first network or checkpoints are to stand in for it. */
const withoutTeacher = ["born-again", "route-constrained"];

function teachersFor({ least, most }: { least: number; most: number }, needs: readonly string[]): number {
  if (least === 0 && needs.length === 0) return 0;
  return Math.min(most, most > 1 ? Math.max(least, ensembleTeachers) : 1);
}

/** Rows in the order of the tables, the controls `none` and `kd` first. */
export function methodRows(): MethodRow[] {
  const names = methodsFor("classification").map(({ name }) => name).filter((name) => !leftOut.includes(name));
  const controls = ["none", "kd"];
  const own = [...controls, ...names.filter((name) => !controls.includes(name))]
    .map((name): Variant => ({ name, method: name }));
  const fitting = variants.filter(({ method }) => method.split("+").every((part) => names.includes(part)));
  return [...own, ...fitting].map(({ name, method, options: given = {} }) => {
    const options = completeMethodOptions(method, given);
    const { needs, teachers } = createMethod(method, options);
    const count = withoutTeacher.includes(method) ? 0 : teachersFor(teachers, needs);
    return { name, method, options, teachers: count };
  });
}

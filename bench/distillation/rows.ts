// The rows of the comparison: every method of the tables that is about classification, at its defaults, and some variants.
import { completeMethodOptions, methodsOfTask } from "../../src/distill/methods.ts";
import { createMethod } from "../../src/procedures/table.ts";

export interface MethodRow {
  /** Unique: the method's name, or that of the variant. */
  name: string;
  method: string;
  /** In full. */
  options: Record<string, unknown>;
  /** How many teachers it is given. */
  teachers: number;
  /** Counts up where the method does other things than it did before, at the same options; absent: 1. */
  revision?: number;
}

const revisions: Readonly<Record<string, number>> = {
  // Batch norm's averages over many steps in place of the last one's, and dropout drawn anew at each step.
  quantized: 2,
  "differentiable-quantization": 2,
  apprentice: 2,
  pruning: 2,
  // FixRes is no longer an epoch of its own.
  "noisy-student": 2,
};

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
  { name: "kd+nst", method: "kd+nst" },
  { name: "kd+overhaul", method: "kd+overhaul" },
];

/** Teachers of methods that take several: other seeds of one architecture. */
export const ensembleTeachers = 3;

/** Methods without a row, since their student would be that of another row, and why. */
export const withoutRow: readonly { method: string; reason: string }[] = [
  { method: "fusion", reason: "each of its students is one of plain distillation; what it adds is their ensemble" },
  { method: "self-exits", reason: "trains as `self` does; what it adds are early exits" },
  { method: "generalized", reason: "is plain distillation where teacher and student see the same image" },
];

/** Methods whose result is a network in fewer bits, or with fewer weights, than all others'. */
const compressing = ["apprentice", "differentiable-quantization", "int8", "pruning", "quantized"];

/** Whether the method's network costs less than the plain student, so that its accuracy is not the whole of it. */
export function isCompressed(method: string): boolean {
  return method.split("+").some((part) => compressing.includes(part));
}

/** Of methods that can do without a teacher, those whose paper's own first network or checkpoints are to stand in for it. */
const withoutTeacher = ["born-again", "route-constrained"];

function teachersFor({ least, most }: { least: number; most: number }, needs: readonly string[]): number {
  if (least === 0 && needs.length === 0) return 0;
  return Math.min(most, most > 1 ? Math.max(least, ensembleTeachers) : 1);
}

/** Rows in the order of the tables, the controls `none` and `kd` first. */
export function methodRows(): MethodRow[] {
  const names = methodsOfTask("classification").map(({ name }) => name).filter((name) =>
    !withoutRow.some(({ method }) => method === name)
  );
  const controls = ["none", "kd"];
  const own = [...controls, ...names.filter((name) => !controls.includes(name))]
    .map((name): Variant => ({ name, method: name }));
  const fitting = variants.filter(({ method }) => method.split("+").every((part) => names.includes(part)));
  return [...own, ...fitting].map(({ name, method, options: given = {} }) => {
    const options = completeMethodOptions(method, given);
    const { needs, teachers } = createMethod(method, options);
    const count = withoutTeacher.includes(method) ? 0 : teachersFor(teachers, needs);
    const revision = revisions[method];
    return { name, method, options, teachers: count, ...(revision !== undefined && { revision }) };
  });
}

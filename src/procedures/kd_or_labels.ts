// What the compression procedures share: they distil from a teacher where there is one, and else learn from the labels.
import type { Distiller } from "../distillation/distiller.ts";
import { kd } from "../distillation/kd.ts";
import { none } from "../distillation/none.ts";
import type { Teacher } from "../teachers/teacher.ts";

/** What such a procedure says of its teachers: it is a distillation unless the user wants none. */
export const optionalTeacher = { needs: ["logits" as const], teachers: { least: 0, most: 1, preferred: 1 } };

/** Hinton's distillation where there is a teacher, else the labels; with the teachers for it. */
export function kdOrLabels(
  { teachers }: { teachers: readonly Teacher[] },
  { temperature, alpha }: { temperature: number; alpha: number },
): { distiller: Distiller; teachers: readonly Teacher[] } {
  return { distiller: teachers.length > 0 ? kd.create({ temperature, alpha }) : none.create({}), teachers };
}

/** Whole epochs of a first and a second training, at least one each: `epochs` in all where those are two or more. */
export function splitEpochs(epochs: number, secondShare: number): [first: number, second: number] {
  const second = Math.max(1, Math.min(epochs - 1, Math.round(epochs * secondShare)));
  return [Math.max(1, epochs - second), second];
}

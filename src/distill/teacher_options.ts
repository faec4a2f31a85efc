// What the teacher's flags mean, and how many teachers a method is given.
import type { Normalisation } from "../teachers/image_adaptation.ts";
import { normalisationNames } from "../teachers/image_adaptation.ts";
import { suggest } from "../cli/suggest.ts";
import type { Procedure, TeacherCounts } from "../procedures/procedure.ts";
import { requireTeachers } from "../training/train.ts";

/** Teachers of a method that takes several. */
const severalTeachers = 3;

/** How many automatic teachers a method is given where the user does not say. */
export function automaticTeachers({ least, most, preferred }: TeacherCounts): number {
  if (preferred !== undefined) return preferred;
  if (least === 0) return 0;
  return most === 1 ? 1 : Math.min(most, Math.max(least, severalTeachers));
}

/** Throws a RangeError of one line where `method` takes another number of automatic teachers, before they are trained. */
export function requireCount(method: Pick<Procedure, "name" | "needs" | "teachers">, count: number): void {
  // They give all that can be had, so only their number can be wrong.
  const { needs: gives } = method;
  requireTeachers(method, Array.from({ length: count }, () => ({ name: "the automatic one", gives })));
}

/** `--teacher-normalisation`: a name, or means and deviations as `0.5,0.5,0.5/0.25,0.25,0.25`. RangeError on all else. */
export function parseNormalisation(text: string): Normalisation {
  const name = normalisationNames.find((known) => known === text);
  if (name) return name;
  const parts = text.split("/").map((part) =>
    part.split(",").map((value) => value.trim() === "" ? NaN : Number(value))
  );
  const [mean, deviation] = parts;
  if (parts.length === 2 && parts.flat().every(Number.isFinite) && deviation.every((value) => value > 0)) {
    return { mean, deviation };
  }
  throw new RangeError(
    `--teacher-normalisation is ${text}; allowed are ${
      normalisationNames.join(", ")
    }, or means and deviations above 0 such as ` +
      `0.5,0.5,0.5/0.25,0.25,0.25${suggest(text, normalisationNames)}`,
  );
}

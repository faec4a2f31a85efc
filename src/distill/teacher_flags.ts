// Flags about teachers that mean nothing beside the method or each other are refused: whoever gave one expects an effect.
import { kebabCase } from "../cli/option_description.ts";
import type { Procedure } from "../procedures/procedure.ts";
import { type DistillOptions, distillOptionsSchema } from "../schemas/distill_options.ts";
import {
  adaptationOf,
  adaptationUnset,
  type TeacherAdaptation,
  type TeacherNetworkName,
} from "../schemas/teacher_fields.ts";
import { automaticTeachers } from "./teacher_options.ts";

/** What a command was told about teachers; what is absent or false was not given. */
export interface TeacherFlags extends TeacherAdaptation {
  teacher: readonly string[];
  teachers?: number;
  freshTeacher: boolean;
  teacherRendering?: string;
  teacherNetwork?: TeacherNetworkName;
  teacherTrainImages?: unknown;
  teacherEpochs?: unknown;
}

/** Those of a training: what is as by default was not given. */
export function givenTeacherFlags(options: DistillOptions): TeacherFlags {
  const usual = distillOptionsSchema.parse({});
  const given = <Name extends "teacherEpochs" | "teacherTrainImages">(name: Name) =>
    options[name] === usual[name] ? undefined : options[name];
  return { ...options, teacherEpochs: given("teacherEpochs"), teacherTrainImages: given("teacherTrainImages") };
}

/** A method as far as its teachers go. */
export type TaughtMethod = Pick<Procedure, "name" | "needs" | "teachers" | "keepsNetworks">;

function firstGiven<Name extends string>(
  values: { [Key in Name]?: unknown },
  names: readonly Name[],
): string | undefined {
  const given = names.find((name) => values[name] !== undefined);
  return given && `--${kebabCase(given)}`;
}

/** Throws a RangeError of one line on the first of `flags` that would be without effect on a training by `method`. */
export function requireTeacherFlags(method: TaughtMethod, flags: TeacherFlags): void {
  const { freshTeacher, teacher, teachers } = flags;
  // Quoted, since "none" is a method too.
  const quotedName = `"${method.name}"`;
  const files = teacher.filter((name) => name !== "auto");
  if (files.length > 0 && files.length < teacher.length) {
    throw new RangeError("--teacher is auto, or files: not both");
  }
  const learns = method.needs.length > 0;
  if (!learns && files.length > 0) throw new RangeError(`--teacher ${files[0]}: ${quotedName} learns from no teacher`);
  if (!learns && teachers) throw new RangeError(`--teachers ${teachers}: ${quotedName} learns from no teacher`);
  if (files.length > 0 && teachers !== undefined) {
    throw new RangeError(
      `--teachers ${teachers} is the number of automatic teachers, but --teacher gives ${files.join(", ")}`,
    );
  }
  const count = files.length || (teachers ?? automaticTeachers(method.teachers));
  const adapting = Object.entries(adaptationOf(flags)).find(([name, value]) => value !== adaptationUnset[name]);
  if (adapting && files.length === 0) {
    throw new RangeError(`--${kebabCase(adapting[0])} is for teachers given by --teacher FILE, and none is given`);
  }
  const network = flags.teacherNetwork === "residual" ? undefined : flags.teacherNetwork;
  const trained = firstGiven({ ...flags, teacherNetwork: network }, [
    "teacherNetwork",
    "teacherTrainImages",
    "teacherEpochs",
  ]);
  if (trained && (files.length > 0 || count === 0)) {
    const instead = files.length > 0 ? `--teacher gives ${files.join(", ")}` : `${quotedName} is given no teacher`;
    throw new RangeError(`${trained} is for automatic teachers, but ${instead}`);
  }
  if (flags.teacherRendering !== undefined && count === 0) {
    throw new RangeError(`--teacher-rendering is for methods with a teacher; ${quotedName} is given no teacher`);
  }
  if (freshTeacher && count === 0 && !method.keepsNetworks) {
    throw new RangeError(`--fresh-teacher is for methods with a teacher; ${quotedName} is given no teacher`);
  }
}

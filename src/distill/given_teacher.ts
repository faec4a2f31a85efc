import type { TrainingData } from "../data/training_data.ts";
import type { Engine } from "../engine/network.ts";
import type { TeacherAdaptation } from "../schemas/teacher_fields.ts";
import { openTeacher } from "../teachers/open_teacher.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { parseNormalisation } from "./teacher_options.ts";

/** Opens a teacher of the user's, adapted as flags say. The caller disposes it. Throws a RangeError of one line. */
export async function givenTeacher(
  path: string,
  { adaptation, ...rest }: { adaptation: TeacherAdaptation; engine: Engine; data: TrainingData; batchSize: number },
): Promise<Teacher> {
  const { teacherArchitecture: architecture, teacherClasses, teacherColours, teacherNormalisation, teacherResize } =
    adaptation;
  return await openTeacher({ path, ...(architecture !== undefined && { architecture }) }, {
    ...rest,
    resize: teacherResize,
    convertColours: teacherColours,
    ...(teacherNormalisation !== undefined && { normalisation: parseNormalisation(teacherNormalisation) }),
    ...(teacherClasses !== undefined && { classes: teacherClasses.split(",").map(Number) }),
  });
}

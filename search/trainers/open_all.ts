// The teachers of a job, opened in the trainer.
import type { TrainingData } from "../../src/data/training_data.ts";
import { builtInTeacher } from "../../src/distill/built_in_teacher.ts";
import { givenTeacher } from "../../src/distill/given_teacher.ts";
import type { Engine } from "../../src/engine/network.ts";
import type { Teacher } from "../../src/teachers/teacher.ts";
import type { TeachersJob } from "./job.ts";

/** Opens teachers in order; where one cannot be opened, none stays open. */
export async function openAll(
  { adaptation, teachers }: Pick<TeachersJob, "adaptation" | "teachers">,
  rest: { data: TrainingData; engine: Engine; batchSize: number },
): Promise<Teacher[]> {
  const opened: Teacher[] = [];
  try {
    for (const { file, hash, name } of teachers) {
      opened.push(
        hash === undefined
          ? await givenTeacher(file, { ...rest, adaptation })
          : await builtInTeacher({ file, hash, name }, rest),
      );
    }
    return opened;
  } catch (error) {
    for (const teacher of opened) teacher.dispose();
    throw error;
  }
}

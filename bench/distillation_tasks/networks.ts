// The networks of the benchmark: a training takes seconds, and the teacher is four times the student's size.
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { SpaceOptions } from "../../src/spaces/space.ts";
import { students, teacherNetwork } from "../distillation/networks.ts";

/** Images as a setting has them; a task's own head stands beside the last layer. */
export type Images = Pick<SpaceOptions, "height" | "width" | "channels">;

const image = ({ height, width, channels }: Images) => ({ height, width, channels });

export const studentOf = (images: Images, classes = 1): Architecture =>
  students.residual({ ...image(images), classes });

export const teacherOf = (images: Images, classes = 1): Architecture => teacherNetwork({ ...image(images), classes });

// The networks that latencies are foreseen of: random students of the space mnas, and grown residual networks, of which
// a predictor that learned from the first has seen no kernel size, width or depth.
import { createController } from "../../search/controllers/table.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { createSpace } from "../../src/spaces/table.ts";

export const spaceNames = ["mnas", "growth"] as const;
export type StudentSpace = typeof spaceNames[number];

const images = { height: 28, width: 28, channels: 1, classes: 10 };

/** The first `count` different random students of the space `name`; more of them begin with the same ones. */
export function randomStudents(name: StudentSpace, count: number, seed: number): Architecture[] {
  const space = createSpace(name, images);
  const controller = createController("random", { decisions: space.decisions, seed });
  const students = new Map<string, Architecture>();
  // Repeats are rare in spaces of billions.
  for (let asked = 0; students.size < count && asked < 10 * count; asked++) {
    const [{ tokens }] = controller.ask(1);
    const architecture = space.decode(tokens);
    const hash = architectureHash(architecture);
    if (!students.has(hash)) students.set(hash, architecture);
  }
  if (students.size < count) throw new RangeError(`the space ${name} gave ${students.size} of ${count} students`);
  return [...students.values()];
}

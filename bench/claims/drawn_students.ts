// Students drawn evenly from a space, the same ones each time.
import { hashSeed, Random } from "../../src/data/random.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { SearchSpace } from "../../src/spaces/space.ts";

/** `count` networks of `space`; `name` and `seed` choose which. */
export function drawStudents(
  space: SearchSpace,
  { count, name, seed = 0 }: { count: number; name: string; seed?: number },
): Architecture[] {
  const random = new Random(hashSeed("claims", name, seed));
  return Array.from(
    { length: count },
    () => space.decode(space.decisions.map(({ choices }) => random.integer(choices.length))),
  );
}

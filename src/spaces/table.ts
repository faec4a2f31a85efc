// Every search space by name.
import { createMnasSpace } from "./mnas.ts";
import type { SearchSpace, SpaceOptions } from "./space.ts";

const spaces = {
  mnas: createMnasSpace,
} satisfies Record<string, (options: SpaceOptions) => SearchSpace>;

/** Names of the search spaces. */
export type SpaceName = keyof typeof spaces;

/** Creates the space `name` for images and classes as in `options`; throws a RangeError on an unknown name. */
export function createSpace(name: SpaceName, options: Parameters<typeof createMnasSpace>[0]): SearchSpace {
  if (!Object.hasOwn(spaces, name)) {
    throw new RangeError(`unknown space "${name}"; allowed are ${Object.keys(spaces).join(", ")}`);
  }
  return spaces[name](options);
}

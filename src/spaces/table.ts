// Every search space by name: a new one is one file, a row here and its name in src/schemas/search_options.ts, which may
// not import this. A name without a row does not compile, nor a row without a name.
import * as z from "zod";
import { createGrowthSpace, growthDecisions, growthOptionsSchema } from "./growth.ts";
import { createMnasSpace } from "./mnas.ts";
import { createMnasUniformSpace } from "./mnas_uniform.ts";
import type { SpaceName } from "../schemas/search_options.ts";
import type { SearchSpace, SpaceDecision, SpaceOptions } from "./space.ts";

/** A row of the table of spaces. */
export interface SpaceDefinition<Options extends z.ZodObject = z.ZodObject> {
  name: string;
  summary: string;
  paper: string;
  /** Its own options, with their defaults. */
  options: Options;
  create(io: SpaceOptions, options: z.output<Options>): SearchSpace;
  /** Names and choices, where they are known without making the space, which may take a file. */
  decisions?(options: z.output<Options>): readonly SpaceDecision[];
}

/** Ties a row's `create` to its options. */
function define<Options extends z.ZodObject>(row: SpaceDefinition<Options>): SpaceDefinition<Options> {
  return row;
}

const mnasOptions = z.strictObject({
  form: z.enum(["small", "imagenet"]).default("small").describe(
    "size of the networks: for small images, or ImageNet's",
  ),
});

export const spaces = {
  mnas: define({
    name: "mnas",
    summary: "mobile networks of seven blocks, each with an operation, kernel, width, depth and skip of its own",
    paper: "Tan et al. 2018, arXiv 1807.11626",
    options: mnasOptions,
    create: (io, options) => createMnasSpace({ ...io, ...options }),
  }),
  "mnas-uniform": define({
    name: "mnas-uniform",
    summary: "the same networks with one choice for all seven blocks, to compare mnas with",
    paper: "Tan et al. 2018, arXiv 1807.11626",
    options: mnasOptions,
    create: (io, options) => createMnasUniformSpace({ ...io, ...options }),
  }),
  growth: define({
    name: "growth",
    summary: "a trained backbone and layers added to it; students start as copies of the backbone",
    paper: "Kang et al. 2019, arXiv 1911.13019",
    options: growthOptionsSchema,
    create: createGrowthSpace,
    decisions: growthDecisions,
  }),
} satisfies Record<SpaceName, SpaceDefinition>;

export type { SpaceName };

/** Names of the search spaces. */
export const spaceNames = Object.keys(spaces) as SpaceName[];

function definitionOf(name: SpaceName): SpaceDefinition {
  if (Object.hasOwn(spaces, name)) return spaces[name] as unknown as SpaceDefinition;
  throw new RangeError(`unknown space "${name}"; allowed are ${spaceNames.join(", ")}`);
}

/** `options` of the space `name`, in full; RangeError, naming the option, on an unknown one or one out of range. */
export function completeSpaceOptions(name: SpaceName, options: Record<string, unknown> = {}): Record<string, unknown> {
  const { options: schema } = definitionOf(name);
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  const names = Object.keys(schema.shape).join(", ");
  throw new RangeError(`${path.length > 0 ? `${path.join(".")}: ` : ""}${message}; options of ${name}: ${names}`);
}

/** The space's own options among `options`, in full. */
function ownOptions<Options extends SpaceOptions>(name: SpaceName, options: Options): Record<string, unknown> {
  const given = new Map<string, unknown>(Object.entries(options));
  const own = Object.keys(definitionOf(name).options.shape).filter((key) => given.get(key) !== undefined);
  return completeSpaceOptions(name, Object.fromEntries(own.map((key) => [key, given.get(key)])));
}

/** RangeError unless images and classes can be those of a network. */
function requireSizes(options: SpaceOptions): void {
  for (const size of ["height", "width", "channels", "classes"] as const) {
    const value = options[size];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${size}: the networks of a space have a positive integer there, got ${value}`);
    }
  }
}

/**
 * Creates the space `name` for images and classes as in `options`, which hold the space's own options too. Fields that
 * are neither, for instance those of a dataset, do not count: {@linkcode completeSpaceOptions} refuses what it does
 * not know.
 * RangeError on an unknown name, a size that is no positive integer, or an option out of range.
 */
export function createSpace<Options extends SpaceOptions>(name: SpaceName, options: Options): SearchSpace {
  const { height, width, channels, classes } = options;
  const definition = definitionOf(name);
  requireSizes(options);
  return definition.create({ height, width, channels, classes }, ownOptions(name, options));
}

/** Names and choices of the decisions of {@linkcode createSpace}'s space, of one too whose options name a file. */
export function listDecisions<Options extends SpaceOptions>(
  name: SpaceName,
  options: Options,
): Pick<SpaceDecision, "choices" | "name">[] {
  const { decisions } = definitionOf(name);
  const listed = decisions?.(ownOptions(name, options)) ?? createSpace(name, options).decisions;
  return listed.map(({ choices, name }) => ({ name, choices }));
}

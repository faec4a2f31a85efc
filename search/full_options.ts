// What a user chose by name - method, space, controller - checked and with its options in full, before anything is
// made.
import { UsageError } from "../src/cli/usage_error.ts";
import { completeMethodOptions } from "../src/distill/methods.ts";
import { presets } from "../src/schemas/presets.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { SearchOptions } from "../src/schemas/search_options.ts";
import { completeSpaceOptions } from "../src/spaces/table.ts";
import { withBackboneRead } from "./backbone_file.ts";
import { completeControllerOptions, paperControllerOptions } from "./controllers/table.ts";
import { requireSearchFlags, searchMethod } from "./method.ts";

type Options = Record<string, unknown>;
type Chosen =
  & Pick<RunConfig, "controller" | "controllerOptions" | "preset" | "space" | "spaceOptions" | "warmStart">
  & Partial<Pick<RunConfig, "maxMemoryBytes" | "maxParameters">>;

function asUsage(flag: string, complete: () => Options): Options {
  try {
    return complete();
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--${flag}: ${error.message}`) : error;
  }
}

/** The papers' options of the controller where the preset asks for them, and the user's, which win. */
function controllerOptionsOf({ controller, controllerOptions, preset }: Chosen): Options {
  const paper: Options = preset === "paper" ? paperControllerOptions[controller] ?? {} : {};
  return completeControllerOptions(controller, { ...paper, ...controllerOptions });
}

/**
 * The user's options of the space. One that grows a backbone proposes nothing beyond the run's limits of parameters and
 * memory: few networks keep a tight one, and hardly any would be left to train.
 */
function spaceOptionsOf(chosen: Chosen): Options {
  const { space, spaceOptions } = chosen;
  const options: Options = withBackboneRead(space, spaceOptions);
  if (space !== "growth") return options;
  const budgets = (["maxMemoryBytes", "maxParameters"] as const).flatMap((name): [string, unknown][] => {
    const [own, limit] = [options[name], chosen[name]];
    // What is no number is for the space to refuse.
    const least = typeof own === "number" && limit !== undefined ? Math.min(own, limit) : own ?? limit;
    return least === undefined ? [] : [[name, least]];
  });
  return { ...options, ...Object.fromEntries(budgets) };
}

function inFull(
  chosen: Chosen,
  distiller: { name: string; options: Options },
): { controllerOptions: Options; distillerOptions: Options; spaceOptions: Options } {
  const method = searchMethod(distiller.name, distiller.options);
  if (!method.startsFromWeights && (chosen.warmStart || chosen.space === "growth")) {
    throw new UsageError(
      `--distiller ${method.name} cannot start from given weights, as --warm-start and --space growth need; ` +
        "methods that are one training by a loss can, for instance kd or oracle",
    );
  }
  return {
    distillerOptions: completeMethodOptions(distiller.name, distiller.options),
    spaceOptions: asUsage(
      "space-options",
      () => completeSpaceOptions(chosen.space, spaceOptionsOf(chosen)),
    ),
    controllerOptions: asUsage("controller-options", () => controllerOptionsOf(chosen)),
  };
}

/**
 * `options` with those of method, space and controller in full. UsageError of one line on one that is not there, on
 * wrong options, and on flags that would be without effect.
 */
export function withFullOptions(options: SearchOptions): SearchOptions {
  const { distiller, distillerOptions, preset } = options;
  // What is as by the preset was not given, for instance in a file that gives an earlier run again. A backbone that
  // grows is trained as a teacher is.
  const given = <Name extends "teacherEpochs" | "teacherTrainImages">(name: Name) =>
    options[name] === presets[preset][name] || options.space === "growth" ? undefined : options[name];
  requireSearchFlags(searchMethod(distiller, distillerOptions), {
    ...options,
    teacherEpochs: given("teacherEpochs"),
    teacherTrainImages: given("teacherTrainImages"),
  });
  return { ...options, ...inFull(options, { name: distiller, options: distillerOptions }) };
}

/** The same of a configuration, which has numbers for automatic teachers whether or not the user gave any. */
export function configInFull(config: RunConfig): RunConfig {
  const { name, options } = config.distiller;
  requireSearchFlags(searchMethod(name, options), {
    ...config,
    teacherEpochs: undefined,
    teacherTrainImages: undefined,
  });
  const { distillerOptions, ...others } = inFull(config, config.distiller);
  return { ...config, ...others, distiller: { name, options: distillerOptions } };
}

// Every controller by name: a new one is one file, a row here and its name in src/schemas/search_options.ts, which may
// not import this. A name without a row does not compile, nor a row without a name.
import { suggest } from "../../src/cli/suggest.ts";
import type { ControllerName } from "../../src/schemas/search_options.ts";
import type { Controller, ControllerOptions } from "../controller.ts";
import type { ControllerDefinition, StrategyStart } from "./definition.ts";
import { evolution } from "./evolution.ts";
import { local } from "./local.ts";
import { model } from "./model.ts";
import { ppo } from "./ppo.ts";
import { random } from "./random.ts";
import { reinforce } from "./reinforce.ts";
import { StrategyController } from "./strategy_controller.ts";

export { paperControllerOptions } from "./paper_options.ts";

export const controllers = {
  ppo,
  reinforce,
  evolution,
  local,
  model,
  random,
} satisfies Record<ControllerName, ControllerDefinition>;

type Options = Readonly<Record<string, unknown>>;

function definitionOf(name: string): ControllerDefinition {
  if (Object.hasOwn(controllers, name)) {
    return controllers[name as keyof typeof controllers] as unknown as ControllerDefinition;
  }
  const names = Object.keys(controllers);
  throw new RangeError(`Unknown controller "${name}"; allowed are ${names.join(", ")}${suggest(name, names)}`);
}

/**
 * `options` of the controller `name` with its defaults filled in: what its proposals depend on beside decisions, seed
 * and results. RangeError, naming the option, on an unknown name, an unknown option or one out of range.
 */
export function completeControllerOptions(name: string, options: Options = {}): Record<string, unknown> {
  const { options: schema } = definitionOf(name);
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  const names = Object.keys(schema.shape).join(", ") || "none";
  throw new RangeError(`${path.length > 0 ? `${path.join(".")}: ` : ""}${message}; options of ${name}: ${names}`);
}

/**
 * Creates the controller `name` with `options` of its own beside those of every controller. RangeError on an unknown
 * name, an unknown option or one out of range, without decisions, or on a decision without choices.
 */
export function createController(
  name: ControllerName,
  { decisions, seed, ...options }: ControllerOptions & Options,
): Controller {
  const complete = completeControllerOptions(name, options);
  const begin = (start: StrategyStart) => definitionOf(name).begin(start, complete);
  return new StrategyController(name, { decisions, seed, begin });
}

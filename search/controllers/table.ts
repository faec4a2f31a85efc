// Every controller by name.
import type { ControllerName } from "../../src/schemas/search_options.ts";
import type { Controller, ControllerOptions } from "../controller.ts";
import { PpoController } from "./ppo.ts";
import { RandomController } from "./random.ts";

export const controllers: Readonly<Record<ControllerName, (options: ControllerOptions) => Controller>> = {
  ppo: (options) => new PpoController(options),
  random: (options) => new RandomController(options),
};

/** Creates the controller `name`; RangeError on an unknown name, without decisions, or on a decision without choices. */
export function createController(name: ControllerName, options: ControllerOptions): Controller {
  if (!Object.hasOwn(controllers, name)) {
    throw new RangeError(`Unknown controller "${name}"; allowed are ${Object.keys(controllers).join(", ")}`);
  }
  return controllers[name](options);
}

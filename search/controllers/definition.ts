// What a row of the table of controllers is.
import type * as z from "zod";
import type { Controller, ControllerOptions } from "../controller.ts";

/** A controller by name, with options of its own. */
export interface ControllerDefinition<Schema extends z.ZodObject = z.ZodObject> {
  name: string;
  /** How it searches, in a sentence. */
  summary: string;
  /** Where it comes from. */
  paper: string;
  /** A strict object; every option has a default and a description. */
  options: Schema;
  /** `options` are complete. Throws RangeError without decisions, or on a decision without choices. */
  create(base: ControllerOptions, options: z.output<Schema>): Controller;
}

/** `definition` as it is: for the types of its options. */
export function defineController<Schema extends z.ZodObject>(
  definition: ControllerDefinition<Schema>,
): ControllerDefinition<Schema> {
  return definition;
}

// Every distillation method that is a loss, by name: a new one is one file and one row.
import type * as z from "zod";
import { suggest } from "../cli/suggest.ts";
import { activationBoundaries } from "./activation_boundaries.ts";
import { attention } from "./attention.ts";
import { attentionGradient } from "./attention_gradient.ts";
import { attentiveImitation } from "./attentive_imitation.ts";
import { crd } from "./crd.ts";
import { darkrank } from "./darkrank.ts";
import { detection } from "./detection.ts";
import type { Distiller, DistillerDefinition } from "./distiller.ts";
import { fitnets } from "./fitnets.ts";
import { fsp } from "./fsp.ts";
import { generalized } from "./generalized.ts";
import { kd } from "./kd.ts";
import { multiTeacher } from "./multi_teacher.ts";
import { none } from "./none.ts";
import { nst } from "./nst.ts";
import { oracle } from "./oracle.ts";
import { overhaul } from "./overhaul.ts";
import { self } from "./self.ts";
import { structured } from "./structured.ts";
import { sumOf } from "./sum.ts";

/** All methods. */
export const distillers = {
  none,
  kd,
  fitnets,
  attention,
  "attention-gradient": attentionGradient,
  nst,
  darkrank,
  fsp,
  crd,
  overhaul,
  "activation-boundaries": activationBoundaries,
  "attentive-imitation": attentiveImitation,
  generalized,
  structured,
  detection,
  oracle,
  "multi-teacher": multiTeacher,
  self,
} satisfies Record<
  string,
  DistillerDefinition
>;

export type DistillerName = keyof typeof distillers;

/** `options` as the definition's schema completes them; RangeError, naming the option, where they do not fit. */
export function completeOptions(
  { name, options: schema }: { name: string; options: z.ZodObject },
  options: Record<string, unknown>,
): Record<string, unknown> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  const names = Object.keys(schema.shape).join(", ") || "none";
  throw new RangeError(`${path.length > 0 ? `${path.join(".")}: ` : ""}${message}; options of ${name}: ${names}`);
}

function definitionOf(name: string): DistillerDefinition {
  if (Object.hasOwn(distillers, name)) return distillers[name as DistillerName] as unknown as DistillerDefinition;
  const names = Object.keys(distillers);
  throw new RangeError(`unknown distiller "${name}"; allowed are ${names.join(", ")}${suggest(name, names)}`);
}

/**
 * Creates the method `name`, or the sum of several, `kd+attention`. Options of a sum are given by method, `{"kd": {...}}`.
 * RangeError on an unknown name or an option out of range.
 */
export function createDistiller(name: string, options: Record<string, unknown> = {}): Distiller {
  const names = name.split("+");
  if (names.length === 1) {
    const definition = definitionOf(name);
    return definition.create(completeOptions(definition, options));
  }
  const twice = names.find((one, index) => names.indexOf(one) < index);
  if (twice !== undefined) throw new RangeError(`"${name}" adds ${twice} twice`);
  const definitions = names.map(definitionOf);
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`options of a sum are given by method, ${names.join(", ")}; got "${unknown}"`);
  }
  return sumOf(definitions.map((definition) => {
    const own = options[definition.name] ?? {};
    if (typeof own !== "object" || own === null) {
      throw new RangeError(`options of ${definition.name} must be an object`);
    }
    return definition.create(completeOptions(definition, own as Record<string, unknown>));
  }));
}

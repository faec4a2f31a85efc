// Every method over whole trainings, by name: a new one is one file and one row. `createMethod` knows the losses too.
import { suggest } from "../cli/suggest.ts";
import { completeOptions, createDistiller, distillers } from "../distillation/table.ts";
import { apprentice } from "./apprentice.ts";
import { assistant } from "./assistant.ts";
import { bornAgain } from "./born_again.ts";
import { differentiableQuantization } from "./differentiable_quantization.ts";
import { earlyStopped } from "./early_stopped.ts";
import { fusion } from "./fusion.ts";
import { int8 } from "./int8.ts";
import { mutual } from "./mutual.ts";
import { noisyStudent } from "./noisy_student.ts";
import { plainTraining } from "./plain.ts";
import type { Procedure, ProcedureDefinition } from "./procedure.ts";
import { pruning } from "./pruning.ts";
import { quantized } from "./quantized.ts";
import { routeConstrained } from "./route_constrained.ts";
import { selfExits } from "./self_exits.ts";

/** All procedures. */
export const procedures = {
  assistant,
  "early-stopped": earlyStopped,
  "route-constrained": routeConstrained,
  "born-again": bornAgain,
  mutual,
  "self-exits": selfExits,
  "noisy-student": noisyStudent,
  fusion,
  apprentice,
  quantized,
  "differentiable-quantization": differentiableQuantization,
  pruning,
  int8,
} satisfies Record<string, ProcedureDefinition>;

/** All methods, whichever their kind. */
export const methods = { ...distillers, ...procedures };

/** A row of the list of methods, whichever their kind. */
export interface MethodRow {
  name: string;
  summary: string;
  paper: string;
  tasks: readonly string[];
  kind: "loss" | "procedure";
}

/** All methods: losses, then procedures. */
export function listMethods(): MethodRow[] {
  const rowsOf = (table: Record<string, unknown>, kind: MethodRow["kind"]) =>
    (Object.values(table) as ProcedureDefinition[]).map(({ name, paper, summary, tasks }) => ({
      name,
      summary,
      paper,
      tasks,
      kind,
    }));
  return [...rowsOf(distillers, "loss"), ...rowsOf(procedures, "procedure")];
}

/**
 * The method `name`: a loss, a sum of losses (`kd+attention`) or a procedure, with `options` completed by its defaults.
 * RangeError on an unknown name or an option out of range.
 */
export function createMethod(name: string, options: Record<string, unknown> = {}): Procedure {
  const table: Record<string, unknown> = procedures;
  if (Object.hasOwn(table, name)) {
    const definition = table[name] as ProcedureDefinition;
    return definition.create(completeOptions(definition, options));
  }
  const names = listMethods().map(({ name }) => name);
  const parts = name.split("+");
  const unknown = parts.find((part) => !names.includes(part));
  if (unknown !== undefined) {
    throw new RangeError(`unknown method "${unknown}"; allowed are ${names.join(", ")}${suggest(unknown, names)}`);
  }
  const procedure = parts.find((part) => Object.hasOwn(table, part));
  if (procedure !== undefined) throw new RangeError(`${procedure} is a procedure, which cannot be part of a sum`);
  return plainTraining(createDistiller(name, options));
}

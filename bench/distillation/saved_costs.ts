// Costs take an idle machine and accuracies hours, so they are measured by two calls; the text tells of both.
import * as z from "zod";
import type { CostRow } from "./cost.ts";

const costRowSchema: z.ZodType<CostRow> = z.strictObject({
  dataset: z.string(),
  pair: z.string(),
  method: z.string(),
  msPerStep: z.number().nullable(),
  ratio: z.number().nullable(),
  peakMebibytes: z.number().nullable(),
  moreMebibytes: z.number().nullable(),
  reason: z.string().optional(),
});

const savedSchema = z.looseObject({ costs: z.array(costRowSchema) });

/**
 * Costs that `--row cost --save` wrote to `folder` on `day` (YYYY-MM-DD); none where there is no such file. Throws an Error
 * that names a file which is something else.
 */
export function savedCosts(folder: URL, day: string): CostRow[] {
  const { pathname } = new URL(`distillation-cost-${day}.json`, folder);
  let text: string;
  try {
    text = Deno.readTextFileSync(pathname);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  try {
    return savedSchema.parse(JSON.parse(text)).costs;
  } catch {
    throw new Error(`${pathname}: not costs of this benchmark`);
  }
}

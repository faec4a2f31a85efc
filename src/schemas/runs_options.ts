// What a user may say to `runs`, which lists and deletes. See search_options.ts for what `meta` holds.
import * as z from "zod";
import { outputFields } from "./output_fields.ts";
import { runNameMeta, runNameSchema } from "./run_name.ts";

export const runsOptionsSchema = z.strictObject({
  delete: z.array(runNameSchema).default([]).meta({
    placeholder: "RUN",
    defaultText: "none: list the runs",
    allowed: `the name of a run: ${runNameMeta.allowed}`,
    description: "delete this run with all its files",
  }),
  clearCache: z.boolean().default(false).meta({
    description: "delete teachers, their logits and converted datasets, which are made again when needed",
  }),
  ...outputFields,
});

export type RunsOptions = z.output<typeof runsOptionsSchema>;

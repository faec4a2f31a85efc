// What a user may say to `runs`, which lists and deletes. See search_options.ts for what `meta` holds.
import * as z from "zod";
import { runNameSchema, searchOptionsSchema } from "./search_options.ts";

export const runsOptionsSchema = z.strictObject({
  delete: z.array(runNameSchema).default([]).meta({
    placeholder: "RUN",
    defaultText: "none: list the runs",
    allowed: "the name of a run: 1 to 64 of A-Z a-z 0-9 . _ - and no dot in front",
    description: "delete this run with all its files",
  }),
  clearCache: z.boolean().default(false).meta({
    description: "delete teachers, their logits and converted datasets, which are made again when needed",
  }),
  dataDir: searchOptionsSchema.shape.dataDir.meta({
    ...searchOptionsSchema.shape.dataDir.meta(),
    group: undefined,
  }),
  json: searchOptionsSchema.shape.json.meta({ ...searchOptionsSchema.shape.json.meta(), group: undefined }),
});

export type RunsOptions = z.output<typeof runsOptionsSchema>;

// What a user may say to `report`. See search_options.ts for what `meta` holds.
import * as z from "zod";
import { runNameSchema, searchOptionsSchema } from "./search_options.ts";

export const reportOptionsSchema = z.strictObject({
  run: z.array(runNameSchema).default([]).meta({
    placeholder: "NAME",
    defaultText: "none; it must be given",
    allowed: "the name of a run: 1 to 64 of A-Z a-z 0-9 . _ - and no dot in front",
    description: "run to report; given several times, the runs are compared on one page",
  }),
  out: z.string().regex(/\.html$/).optional().meta({
    placeholder: "FILE",
    defaultText: "report.html in the run's folder; for several runs, in the data folder's reports",
    allowed: "a path that ends in .html",
    description: "file to write; the figures go beside it, each as an SVG file",
  }),
  dataDir: searchOptionsSchema.shape.dataDir.meta({
    ...searchOptionsSchema.shape.dataDir.meta(),
    group: undefined,
  }),
  json: searchOptionsSchema.shape.json.meta({ ...searchOptionsSchema.shape.json.meta(), group: undefined }),
});

export type ReportOptions = z.output<typeof reportOptionsSchema>;

// What a user may say to `report`. See search_options.ts for what `meta` holds.
import * as z from "zod";
import { outputFields } from "./output_fields.ts";
import { runNameMeta, runNameSchema } from "./run_name.ts";

export const reportOptionsSchema = z.strictObject({
  run: z.array(runNameSchema).default([]).meta({
    placeholder: "NAME",
    defaultText: "none; it must be given",
    allowed: `the name of a run: ${runNameMeta.allowed}`,
    description: "run to report; given several times, the runs are compared on one page",
  }),
  out: z.string().regex(/\.html$/).optional().meta({
    placeholder: "FILE",
    defaultText: "report.html in the run's folder; for several runs, in the data folder's reports",
    allowed: "a path that ends in .html",
    description: "file to write; the figures go beside it, each as an SVG file",
  }),
  ...outputFields,
});

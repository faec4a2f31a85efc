// What a user may say to `export`. See search_options.ts for what `meta` holds.
import * as z from "zod";
import { outputFields } from "./output_fields.ts";
import { runNameSchema } from "./run_name.ts";

export const exportFormatSchema = z.enum(["tfjs-graph", "tfjs", "onnx", "safetensors"]);

export type ExportFormatName = z.infer<typeof exportFormatSchema>;

export const exportOptionsSchema = z.strictObject({
  run: runNameSchema.optional().meta({
    placeholder: "RUN",
    defaultText: "none: one is needed",
    allowed: "the name of a run, as `deno task runs` lists them",
    description: "run whose student is exported",
  }),
  trial: z.int().positive().optional().meta({
    placeholder: "N",
    defaultText: "the best",
    allowed: "the number of a completed trial",
    description: "which student: its number in the report",
  }),
  baseline: z.int().positive().optional().meta({
    placeholder: "N",
    defaultText: "none",
    allowed: "the number of a baseline, from 1",
    description: "a baseline of the run in place of a student",
  }),
  format: z.array(exportFormatSchema).default([]).meta({
    defaultText: "all",
    description:
      "tfjs-graph: a TF.js GraphModel, the form that TF.js devices measure; tfjs: a LayersModel; onnx: opset 17; " +
      "safetensors: the weights as trained, with architecture.json",
  }),
  out: z.string().min(1).optional().meta({
    placeholder: "FOLDER",
    defaultText: "exports/RUN-trial-N in the data folder",
    description: "folder to write; an earlier export there is replaced as a whole, unless a file of it was changed",
  }),
  ...outputFields,
});

export type ExportOptions = z.output<typeof exportOptionsSchema>;

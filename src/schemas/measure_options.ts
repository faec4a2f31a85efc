// What a user may say to `measure`. See search_options.ts for what `meta` holds.
import * as z from "zod";
import {
  dataDirField,
  deviceNamePattern,
  deviceNameText,
  deviceWaitField,
  lanField,
  portField,
} from "./device_fields.ts";
import { profileSchema, runtimeSchema } from "./measurement.ts";

/** Models of one interleaved session. */
const mostModels = 32;

const fields = z.strictObject({
  model: z.array(z.string().min(1)).max(mostModels).default([]).meta({
    group: "Models",
    placeholder: "PATH",
    defaultText: "none: at least one is needed",
    allowed: `up to ${mostModels} paths of models`,
    description:
      "an architecture (JSON), a TF.js model (its folder or model.json), or an ONNX file; several are timed " +
      "side by side in interleaved rounds",
  }),
  inputShape: z.string().regex(/^[1-9]\d{0,8}(,[1-9]\d{0,8}){0,7}$/).optional().meta({
    group: "Models",
    placeholder: "SIZES",
    defaultText: "the model's own, batch 1",
    allowed: "1 to 8 whole numbers, the batch included, for instance 1,224,224,3",
    description: "input of models whose own leaves sizes open",
  }),
  device: z.array(z.string().regex(deviceNamePattern)).min(1).default(["here"]).meta({
    group: "Devices",
    placeholder: "NAME",
    allowed: deviceNameText,
    description: "who times them: here (this machine), chromium or firefox (launched), the name of a paired browser " +
      "(paired now if it is new), or all (every paired browser whose page is open)",
  }),
  runtime: z.array(runtimeSchema).default([]).meta({
    group: "Devices",
    defaultText: "tfjs-wasm; onnxruntime-wasm for ONNX files",
    description: "what runs the models; several are measured one after the other",
  }),
  profile: profileSchema.default("standard").meta({
    group: "Devices",
    description: "how much to spend: fast (about 10 s), standard (3 page loads), certified (60 s each, for claims)",
  }),
  lan: lanField.meta({ ...lanField.meta(), group: "Devices" }),
  port: portField.meta({ ...portField.meta(), group: "Devices" }),
  deviceWait: deviceWaitField.meta({ ...deviceWaitField.meta(), group: "Devices" }),
  renewNominal: z.boolean().default(false).meta({
    group: "Devices",
    description: "forget how fast the devices were when their scale was set, and set it anew: for a device that is " +
      "another one now, or was busy or hot then",
  }),
  csv: z.string().min(1).optional().meta({
    group: "Result",
    placeholder: "FILE",
    defaultText: "none",
    description: "write every raw sample to this file",
  }),
  dataDir: dataDirField.meta({
    ...dataDirField.meta(),
    group: "Result",
    description: "where pairings and caches are kept",
  }),
  json: z.boolean().default(false).meta({
    group: "Result",
    description: "end standard output with one line of JSON that holds the result",
  }),
});

/** The options of `measure`, checked one by one and against each other. */
export const measureOptionsSchema = fields.superRefine(({ device, model, runtime }, context) => {
  const refuse = (path: keyof MeasureOptions, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  if (model.length === 0) refuse("model", "is needed: the path of an architecture, a TF.js model or an ONNX file");
  const lists: Record<string, readonly string[]> = { device, model, runtime };
  for (const [path, values] of Object.entries(lists)) {
    const twice = values.find((value, index) => values.indexOf(value) < index);
    if (twice !== undefined) refuse(path as keyof MeasureOptions, `"${twice}" is given twice`);
  }
});

export type MeasureOptions = z.output<typeof fields>;

import * as z from "zod";
import { defineDistiller, taskNames } from "./distiller.ts";

/** Training on the labels alone. */
export const none = defineDistiller({
  name: "none",
  summary: "the labels alone, no teacher",
  paper: "-",
  tasks: taskNames,
  options: z.strictObject({}),
  create: () => ({
    needs: [],
    teachers: { least: 0, most: Infinity },
    withoutTensors: true,
    prepare: () => ({
      phases: [{ name: "labels", share: 1, taskWeight: 1, softTargets: { temperature: 1, alpha: 1 } }],
      dispose() {},
    }),
  }),
});

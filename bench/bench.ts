// The contract of a benchmark: its options as a schema, from which flags and help follow, and what it gives.
import * as z from "zod";

export interface Bench<Schema extends z.ZodObject = z.ZodObject> {
  name: string;
  /** What it measures, in a sentence. */
  summary: string;
  options: Schema;
  /** What a saved result is called; default: the benchmark's name. */
  resultName?: (options: z.output<Schema>) => string;
  /** The result, as JSON is to show it. Lists of rows in it are shown as tables. */
  run(options: z.output<Schema>): Promise<object>;
}

/** What every benchmark has. */
export const commonOptions = {
  save: z.boolean().default(false).meta({
    description: "write the result to bench/results, named after the benchmark and the day",
  }),
  json: z.boolean().default(false).meta({
    description: "end standard output with one line of JSON that holds the result and, as config, the options",
  }),
};

// What passes between a benchmark and a trainer process, as JSON: the job in a file, then a line per request and reply.
import * as z from "zod";
import { layoutOf } from "../../src/ops/layout.ts";
import { type Architecture, architectureSchema } from "../../src/schemas/architecture.ts";

export const trainerJobSchema = z.strictObject({
  architecture: architectureSchema,
  batchSize: z.int().positive(),
  threads: z.int().positive(),
  /** What other frameworks must come to as well. */
  parameterCount: z.int(),
  /** Output of each node without the batch: `[height, width, channels]` or `[channels]`. */
  shapes: z.array(z.array(z.int())),
  /** Whether a software adapter will do for WebGPU. */
  software: z.boolean(),
});

/** `steps`: time so many. `profile`: time each kernel over so many steps. */
export const requestSchema = z.union([
  z.strictObject({ steps: z.int().positive() }),
  z.strictObject({ profile: z.int().positive() }),
]);

/** Time of one node's part of a pass, median over the steps. */
export const kernelTimeSchema = z.strictObject({
  /** The node's op, or what else takes time in a step. */
  kernel: z.string(),
  /** Index in the architecture; -1 for what belongs to none. */
  node: z.int(),
  direction: z.enum(["forward", "backward", "update"]),
  ms: z.number(),
});

export const replySchema = z.discriminatedUnion("type", [
  /** After the first step. `note` says what it runs on. */
  z.strictObject({ type: z.literal("ready"), note: z.string() }),
  z.strictObject({ type: z.literal("skipped"), reason: z.string() }),
  z.strictObject({ type: z.literal("timed"), msPerStep: z.number(), loss: z.number() }),
  z.strictObject({ type: z.literal("profiled"), kernels: z.array(kernelTimeSchema) }),
]);

export type TrainerJob = z.infer<typeof trainerJobSchema>;
export type TrainerReply = z.infer<typeof replySchema>;
export type KernelTime = z.infer<typeof kernelTimeSchema>;

/** The job of training `architecture`. */
export function createJob(
  architecture: Architecture,
  options: Pick<TrainerJob, "batchSize" | "threads" | "software">,
): TrainerJob {
  const { nodes, parameterCount } = layoutOf(architecture);
  return { architecture, parameterCount, shapes: nodes.map(({ outputShape }) => [...outputShape]), ...options };
}

/** Calls `use` with a file that holds `job`, which is gone afterwards. */
export async function withJobFile<T>(job: TrainerJob, use: (file: string) => Promise<T>): Promise<T> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(job));
    return await use(file);
  } finally {
    await Deno.remove(file);
  }
}

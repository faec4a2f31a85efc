// The side of the protocol that a trainer process written in TypeScript is on.
import { readLines } from "../../devices/lines.ts";
import { type KernelTime, requestSchema, type TrainerJob, trainerJobSchema, type TrainerReply } from "./job.ts";

/** A training, set up. */
export interface ServedTraining {
  /** What it runs on. */
  note: string;
  /** One step, done when settled; gives the loss. */
  step(): Promise<number>;
  /** Times each kernel, median over `steps`. */
  profile?(steps: number): Promise<KernelTime[]>;
}

/** The trainer cannot run here. */
export class SkippedError extends Error {
  override name = "SkippedError";
}

const encoder = new TextEncoder();

function reply(message: TrainerReply): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(message)}\n`));
}

/** Answers requests until stdin closes. The job's file is the last argument; a SkippedError of `create` is the answer. */
export async function serve(create: (job: TrainerJob) => Promise<ServedTraining>): Promise<void> {
  const job = trainerJobSchema.parse(JSON.parse(Deno.readTextFileSync(Deno.args.at(-1) ?? "")));
  let training: ServedTraining;
  try {
    training = await create(job);
    await training.step();
  } catch (error) {
    if (!(error instanceof SkippedError)) throw error;
    return reply({ type: "skipped", reason: error.message });
  }
  reply({ type: "ready", note: training.note });
  for await (const line of readLines(Deno.stdin.readable)) {
    const request = requestSchema.parse(JSON.parse(line));
    if ("profile" in request) {
      if (!training.profile) throw new TypeError("this trainer has no profile");
      reply({ type: "profiled", kernels: await training.profile(request.profile) });
      continue;
    }
    let loss = NaN;
    const start = performance.now();
    for (let step = 0; step < request.steps; step++) loss = await training.step();
    const msPerStep = (performance.now() - start) / request.steps;
    if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
    reply({ type: "timed", msPerStep, loss });
  }
}

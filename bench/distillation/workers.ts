// Worker processes, each with one job at a time; a worker that dies takes its job along, which counts as failed.
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { LineProcess } from "../line_process.ts";
import { type Job, type Reply, replySchema } from "./job.ts";

/** A script that serves jobs (see serve.ts), and what it answers. */
export interface WorkerKind<Answer> {
  script: URL;
  reply: z.ZodType<Answer>;
}

/** What stands in for an answer that did not come. */
export interface Failed {
  type: "failed";
  reason: string;
  /** The method's own fault, the same at every try. */
  own: boolean;
}

const comparisonWorker: WorkerKind<Reply> = { script: new URL("./worker.ts", import.meta.url), reply: replySchema };

// Of one job: procedures of several trainings included.
const deadlineMs = 1_800_000;

const readySchema = z.strictObject({ type: z.literal("ready") });

/** Starts a worker, by default one of the comparison. The caller closes it. */
export async function startWorker(script: URL = comparisonWorker.script): Promise<LineProcess> {
  const command = [Deno.execPath(), "run", "-A", "--no-check", fileURLToPath(script)];
  const worker = new LineProcess("a worker", command, { deadlineMs });
  readySchema.parse(await worker.answer());
  return worker;
}

/**
 * Hands `groups` of tasks to `count` workers, in order, each the next group when it is free, until there are none left or
 * `goOn`, asked before each task, says no. One worker does all tasks of a group, so that it can keep what they share.
 * `take` is told of every reply.
 */
export async function runGroups<Task, Answer>(
  groups: readonly (readonly Task[])[],
  { count, jobOf, kind, take, goOn = () => true }: {
    count: number;
    kind: WorkerKind<Answer>;
    jobOf: (task: Task) => object;
    take: (task: Task, reply: Answer | Failed) => void;
    goOn?: () => boolean;
  },
): Promise<void> {
  const queue = [...groups];
  await Promise.all(Array.from({ length: Math.min(count, queue.length) }, async () => {
    let worker: LineProcess | undefined;
    try {
      for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
        for (const task of group) {
          if (!goOn()) return;
          worker ??= await startWorker(kind.script);
          let reply: Answer | Failed;
          try {
            reply = kind.reply.parse(await worker.ask(jobOf(task)));
          } catch (error) {
            await worker.close();
            worker = undefined;
            reply = { type: "failed", reason: (error as Error).message, own: false };
          }
          take(task, reply);
        }
      }
    } finally {
      await worker?.close();
    }
  }));
}

/** {@linkcode runGroups} for jobs of the comparison, each a group of its own. */
export async function runJobs<Task>(
  tasks: readonly Task[],
  options: {
    count: number;
    jobOf: (task: Task) => Job;
    take: (task: Task, reply: Reply) => void;
    goOn?: () => boolean;
  },
): Promise<void> {
  await runGroups<Task, Reply>(tasks.map((task) => [task]), { ...options, kind: comparisonWorker });
}

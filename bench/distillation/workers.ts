// Worker processes, each with one job at a time; a worker that dies takes its job along, which counts as failed.
import { fileURLToPath } from "node:url";
import { LineProcess } from "../line_process.ts";
import { type Job, type Reply, replySchema } from "./job.ts";

const script = fileURLToPath(new URL("./worker.ts", import.meta.url));

// Of one job: procedures of several trainings included.
const deadlineMs = 1_800_000;

/** Starts a worker. The caller closes it. */
export async function startWorker(): Promise<LineProcess> {
  const command = [Deno.execPath(), "run", "-A", "--no-check", script];
  const worker = new LineProcess("a worker", command, { deadlineMs });
  replySchema.parse(await worker.answer());
  return worker;
}

/**
 * Hands `tasks` to `count` workers, in order, each the next one when it is free, until there are none left or `goOn` says
 * no. `take` is told of every reply.
 */
export async function runJobs<Task>(
  tasks: readonly Task[],
  { count, jobOf, take, goOn = () => true }: {
    count: number;
    jobOf: (task: Task) => Job;
    take: (task: Task, reply: Reply) => void;
    goOn?: () => boolean;
  },
): Promise<void> {
  const queue = [...tasks];
  await Promise.all(Array.from({ length: Math.min(count, queue.length) }, async () => {
    let worker: LineProcess | undefined;
    try {
      for (let task = queue.shift(); task !== undefined && goOn(); task = queue.shift()) {
        worker ??= await startWorker();
        let reply: Reply;
        try {
          reply = replySchema.parse(await worker.ask(jobOf(task)));
        } catch (error) {
          await worker.close();
          worker = undefined;
          reply = { type: "failed", reason: (error as Error).message, own: false };
        }
        take(task, reply);
      }
    } finally {
      await worker?.close();
    }
  }));
}

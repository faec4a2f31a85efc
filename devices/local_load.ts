// One load on this machine, in a fresh process of its own.
import { type LoadRequest, type RawLoad, rawLoadSchema } from "../src/schemas/measurement.ts";
import { ChildDiedError, type ChildProcess, startChildProcess } from "./child_process.ts";
import type { RunLoad } from "./device.ts";

export interface LocalLoads {
  /** Error that names "here" and the cause, also when the process died or fell silent twice. */
  runLoad: RunLoad;
  /** Id of the process, while a load runs. */
  pid(): number | undefined;
}

export interface LocalLoadsOptions {
  /** What the process runs; default: local_child.ts. */
  script?: URL;
  /** How long it may say nothing; while it works it says something every 10 s. */
  silenceMs?: number;
}

/** How often a process may die under one load. */
const attempts = 2;

/** Runs loads, one process for each. */
export function createLocalLoads(
  { script = new URL("local_child.ts", import.meta.url), silenceMs = 60_000 }: LocalLoadsOptions = {},
): LocalLoads {
  let running: ChildProcess | undefined;

  async function runOnce(
    request: LoadRequest,
    { signal, onActivity, files }: Parameters<RunLoad>[1],
  ): Promise<RawLoad> {
    signal?.throwIfAborted();
    const rounds: unknown[] = [];
    const child = running = startChildProcess(script);
    try {
      const reply = await child.send({ request, files: [...files] }, {
        deadlineMs: silenceMs,
        signal,
        onTold(message) {
          const told = message as { activity?: string; rounds?: unknown[] };
          if (told.activity !== undefined) onActivity?.(told.activity);
          for (const round of told.rounds ?? []) rounds.push(round);
        },
      });
      if (reply.error !== undefined) throw new Error(`device "here": ${reply.error}`);
      // Looked at only now, so that this process does little while the other one measures.
      const { data, error } = rawLoadSchema.safeParse({ report: reply.result, rounds });
      if (data) return data;
      const [{ path, message }] = error.issues;
      throw new Error(`device "here": what its process reports is not a load, ${path.join(".")}: ${message}`);
    } finally {
      await child.end();
      if (running === child) running = undefined;
    }
  }

  return {
    pid: () => running?.pid,
    async runLoad(request, options) {
      for (let attemptsLeft = attempts;;) {
        try {
          return await runOnce(request, options);
        } catch (error) {
          if (!(error instanceof ChildDiedError)) throw error;
          if (--attemptsLeft === 0) throw new Error(`device "here": ${error.message}`);
          options.onActivity?.(`starts again, as ${error.message}`);
        }
      }
    },
  };
}

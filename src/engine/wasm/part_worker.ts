// A thread of a team: told once what its part is, it runs passes until the team ends.
import { createBarrier, kindField, passField, stopTeam, TeamStopped, waitWhile } from "./barrier.ts";
import { instantiateModule } from "./module.ts";
import { readyCommands, runPass } from "./pass.ts";
import type { WorkerTask } from "./team.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<WorkerTask>) => void;
  postMessage(message: unknown): void;
  close(): void;
};

function work({ module, memory, control, part, parts, scratch, passes }: WorkerTask): void {
  const kernels = instantiateModule(module, memory);
  const ready = passes.map((commands) => readyCommands(commands, kernels));
  // The first thread alone gives up on others; this one ends with the team, or with the process.
  const barrier = createBarrier(control, parts, Infinity);
  scope.postMessage("ready");
  for (let done = 0;; done++) {
    waitWhile(control, passField, done, Infinity);
    runPass(ready[Atomics.load(control, kindField)], { part, parts, scratch, barrier });
    barrier();
  }
}

scope.onmessage = ({ data: task }) => {
  try {
    work(task);
  } catch (error) {
    stopTeam(task.control);
    if (!(error instanceof TeamStopped)) throw error;
  } finally {
    scope.close();
  }
};

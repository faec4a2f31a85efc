// A thread of a team: told once what its part is, it runs passes until it is told to end.
import { createBarrier, kindField, passField, waitWhile } from "./barrier.ts";
import { instantiateModule } from "./module.ts";
import { readyCommands, runPass } from "./pass.ts";
import type { WorkerTask } from "./team.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<WorkerTask>) => void;
  postMessage(message: unknown): void;
  close(): void;
};

scope.onmessage = ({ data: task }) => {
  const { module, memory, control, part, parts, scratch } = task;
  const kernels = instantiateModule(module, memory);
  const passes = task.passes.map((commands) => readyCommands(commands, kernels));
  const barrier = createBarrier(control, parts);
  let done = Atomics.load(control, passField);
  scope.postMessage("ready");
  while (true) {
    waitWhile(control, passField, done, Infinity);
    done++;
    const kind = Atomics.load(control, kindField);
    if (kind < 0) break;
    runPass(passes[kind], { part, parts, scratch, barrier });
    barrier();
  }
  scope.close();
};

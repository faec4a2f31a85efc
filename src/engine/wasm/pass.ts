// Runs a pass, forward or backward: the same list of commands on every thread, each working on its part of the images.
import type { Address, FinishKernel, KernelExports, WorkKernel } from "./module.ts";

/** One step of a pass, as it can be sent to another thread. */
export interface Command {
  /** Name of the kernel that all parts run; absent: only part 0 does something. */
  work?: string;
  /** Name of the kernel that part 0 runs when all parts are done. */
  finish?: string;
  /** Whether part 0 alone does something between two barriers which is not a kernel of the step. */
  alone?: boolean;
  step: Address;
}

/** A command with its kernels looked up. */
export interface ReadyCommand {
  work?: WorkKernel;
  finish?: FinishKernel;
  /** What part 0 does where the command is `alone`. */
  alone?: () => void;
  step: Address;
}

/** Looks up the kernels. Throws an Error that names one which the module lacks. */
export function readyCommands(commands: readonly Command[], kernels: KernelExports): ReadyCommand[] {
  const find = (name: string | undefined) => {
    if (name === undefined) return undefined;
    if (typeof kernels[name] !== "function") throw new Error(`the kernels have no ${name}`);
    return kernels[name] as unknown as (...numbers: number[]) => void;
  };
  return commands.map(({ work, finish, alone, step }) => ({
    work: find(work),
    finish: find(finish),
    alone: alone ? () => {} : undefined,
    step,
  }));
}

/** Runs `commands` as part `part`; `barrier` returns once every part has called it. */
export function runPass(
  commands: readonly ReadyCommand[],
  team: { part: number; parts: number; scratch: Address; barrier: () => void },
): void {
  const { part, parts, scratch, barrier } = team;
  for (const { work, finish, alone, step } of commands) {
    if (work) work(step, part, parts, scratch);
    // Also where nothing is to finish: the next step may write to a place that this one still reads.
    barrier();
    if (!finish && !alone) continue;
    if (part === 0) {
      if (finish) finish(step, parts);
      if (alone) alone();
    }
    barrier();
  }
}

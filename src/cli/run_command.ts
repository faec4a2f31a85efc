import { exitCodes } from "./interrupt_signal.ts";
import { UsageError } from "./usage_error.ts";

/** Ends the process with the exit code that `main` gives, or, where the command was called wrongly, with one line and 2. */
export async function runCommand(main: () => Promise<number>): Promise<never> {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(exitCodes.usage);
  }
}

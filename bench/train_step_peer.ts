// PyTorch as a peer, in a Python process of its own: it times some steps for each line it reads, so that rounds
// interleave with ours.
import { readLines } from "../devices/lines.ts";

/** A running peer, or why there is none. Close it in either case. */
export type PyTorchPeer =
  & ({ skipped?: undefined; msPerStep(): Promise<number> } | { skipped: string })
  & { close(): Promise<void> };

const answerDeadlineMs = 60_000;

/** Starts the peer; each of its answers is the mean over `steps` steps. */
export async function startPyTorchPeer(steps: number): Promise<PyTorchPeer> {
  const none = (skipped: string): PyTorchPeer => ({ skipped, close: () => Promise.resolve() });
  try {
    const { success } = await new Deno.Command("python3", { args: ["-c", "import torch"], stderr: "null" }).output();
    if (!success) return none("python3 has no torch");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return none("no python3 found on PATH");
    throw error;
  }
  const script = new URL("./train_step_peer.py", import.meta.url);
  const process = new Deno.Command("python3", {
    args: [script.pathname, String(steps)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = process.stdin.getWriter();
  const answers = readLines(process.stdout);
  return {
    async msPerStep() {
      await input.write(new TextEncoder().encode("\n"));
      const timer = setTimeout(() => process.kill("SIGKILL"), answerDeadlineMs);
      const { value } = await answers.next().finally(() => clearTimeout(timer));
      if (value === undefined) throw new Error(`the PyTorch peer ended with code ${(await process.status).code}`);
      return Number(value);
    },
    async close() {
      await input.close();
      await answers.return(undefined);
      await process.status;
    },
  };
}

// The live view on the real standard error; standard output is kept for the result.
import process from "node:process";
import { createProgress, type Progress, type ProgressOptions } from "./live_view.ts";

const TICK_MS = 250;
const UNCAUGHT = ["error", "unhandledrejection"] as const;
const FALLBACK_SIZE = { columns: 80, rows: 24 };

function consoleSize(): { columns: number; rows: number } {
  try {
    return Deno.consoleSize();
  } catch {
    // Standard error is a terminal, but none of the others tells its size.
    return FALLBACK_SIZE;
  }
}

/**
 * Progress on standard error: a live view on a terminal, plain lines for a pipe, a dumb terminal or where CI is set.
 * The cursor comes back whenever the process ends, also by an error; `close` ends it earlier.
 */
export function openTerminalProgress(options: Pick<ProgressOptions, "isAccuracyAlone"> = {}): Progress {
  const encoder = new TextEncoder();
  const live = Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb" && !Deno.env.get("CI");
  const progress = createProgress({
    ...options,
    stream: live ? "tty" : "plain",
    write(text) {
      const bytes = encoder.encode(text);
      try {
        for (let written = 0; written < bytes.length;) written += Deno.stderr.writeSync(bytes.subarray(written));
      } catch {
        // Nobody reads any more: no reason to end what is shown.
      }
    },
    columns: () => consoleSize().columns,
    rows: () => consoleSize().rows,
    now: () => performance.now(),
  });
  if (!live) return progress;
  const timer = setInterval(progress.tick, TICK_MS);
  // Deno.exit is told by "exit" alone, an error that nobody catches by the other two.
  process.on("exit", progress.close);
  for (const type of UNCAUGHT) globalThis.addEventListener(type, progress.close);
  return {
    ...progress,
    close() {
      clearInterval(timer);
      process.off("exit", progress.close);
      for (const type of UNCAUGHT) globalThis.removeEventListener(type, progress.close);
      progress.close();
    },
  };
}

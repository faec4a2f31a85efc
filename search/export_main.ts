// `deno task export`
import { exitCodes, interruptSignal } from "../src/cli/interrupt_signal.ts";
import { parseOptions } from "../src/cli/options.ts";
import { runCommand } from "../src/cli/run_command.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { exportOptionsSchema } from "../src/schemas/export_options.ts";
import { exportRun } from "./export/export_run.ts";

async function main(): Promise<number> {
  const options = parseOptions(exportOptionsSchema, Deno.args, {
    command: {
      name: "export",
      summary:
        "Writes a student of a run as files that other programs open, each checked against the network that was " +
        "measured, with a model card and a page that runs it in any browser, without a network.",
      examples: [
        { call: "deno task export --run RUN", purpose: "the best student, in all formats" },
        {
          call: "deno task export --run RUN --trial 7 --format onnx --out model",
          purpose: "one format of another one",
        },
      ],
    },
  });
  if (options === null) return exitCodes.done;
  const signal = interruptSignal();
  // What cannot be left at once, such as another runtime's call, is not waited for.
  signal.addEventListener("abort", () => setTimeout(() => Deno.exit(exitCodes.interrupted), 3000), { once: true });
  const log = (line: string) => console.error(line);
  try {
    const result = await exportRun(options, { log, signal });
    const failed = result.formats.filter((one) => "failed" in one).length;
    log(`${failed > 0 ? "Incomplete" : "Done"}: ${result.out}; open index.html there in a browser`);
    if (options.json) console.log(JSON.stringify(result));
    else for (const file of result.files) console.log(file);
    return failed > 0 ? exitCodes.failed : exitCodes.done;
  } catch (error) {
    if (signal.aborted) {
      log("Stopped, nothing was written.");
      return exitCodes.interrupted;
    }
    if (error instanceof UsageError) throw error;
    log((error as Error).message);
    if (Deno.env.get("NACRE_DEBUG")) console.error(error);
    return exitCodes.failed;
  }
}

if (import.meta.main) await runCommand(main);

// `deno task distill`
import { formatDuration } from "../cli/format.ts";
import { exitCodes, interruptSignal } from "../cli/interrupt_signal.ts";
import { isGiven, parseOptions } from "../cli/options.ts";
import { listColumns } from "../cli/output_columns.ts";
import { runCommand } from "../cli/run_command.ts";
import { UsageError } from "../cli/usage_error.ts";
import { DivergedError } from "../training/train_steps.ts";
import { UnusableDataError } from "../data/source.ts";
import { NetworkTooLargeError } from "../engine/network.ts";
import { percent } from "../procedures/validation.ts";
import { type DistillOptions, distillOptionsSchema } from "../schemas/distill_options.ts";
import { isMisfit } from "./amid_training.ts";
import { distill, type DistillHooks, type DistillResult } from "./distill.ts";
import { distillTask, type DistillTaskResult } from "./distill_task.ts";
import { listedMethods, listedOptions, methodLines, methodOptionLines } from "./list_methods.ts";
import { stepProgress } from "./progress.ts";

const command = {
  name: "distill",
  summary: "Trains one student by a distillation method, and the same student without, and says what the method gave.",
  examples: [
    { call: "deno task distill", purpose: "plain distillation from a teacher that is trained first and kept" },
    { call: "deno task distill --list", purpose: "all methods; with --distiller NAME the options of one" },
    { call: "deno task distill --distiller kd+attention", purpose: "the sum of two losses" },
    {
      call: "deno task distill --distiller kd --distiller-options '{\"temperature\": 2}' --teacher model.onnx",
      purpose: "from a teacher of one's own",
    },
    {
      call: "deno task distill --task segmentation --distiller structured",
      purpose: "another task, on data made from digits",
    },
  ],
};

function showList({ distiller, json }: DistillOptions, named: boolean): void {
  const columns = listColumns();
  if (named) {
    const options = listedOptions(distiller);
    if (json) console.log(JSON.stringify({ distiller, options }));
    else console.log(methodOptionLines(distiller, options, columns).join("\n"));
    return;
  }
  const methods = listedMethods();
  console.log(json ? JSON.stringify({ methods }) : methodLines(methods, columns).join("\n"));
}

function summaryOf(result: DistillResult | DistillTaskResult): string {
  const time = `${formatDuration(result.seconds)}, ${result.stepMs.toFixed(1)} ms per step on ${result.backend}`;
  if ("score" in result) {
    const { baselineScore, distiller, metric, score } = result;
    const beside = baselineScore === null || distiller === "none"
      ? ""
      : `, without a teacher ${baselineScore.toFixed(4)}`;
    return `${distiller}: ${metric} ${score.toFixed(4)} on test images${beside} (${time})`;
  }
  const { accuracy, baselineAccuracy, distiller, teacher, testAccuracy } = result;
  const parts = [
    `${distiller}: ${percent(accuracy)} on validation`,
    ...(testAccuracy === undefined ? [] : [`${percent(testAccuracy)} on test images`]),
    ...(baselineAccuracy === null || distiller === "none" ? [] : [`the labels alone ${percent(baselineAccuracy)}`]),
    ...(teacher?.accuracy === undefined ? [] : [`teacher ${percent(teacher.accuracy)}`]),
  ];
  return `${parts.join(", ")} (${time})`;
}

/** What does not fit is an error of the call; what goes wrong amid a training comes as another error. */
async function run(options: DistillOptions, hooks: DistillHooks): Promise<DistillResult | DistillTaskResult> {
  try {
    return options.task === "classification" ? await distill(options, hooks) : await distillTask(options, hooks);
  } catch (error) {
    throw isMisfit(error) || error instanceof UnusableDataError ? new UsageError(error.message) : error;
  }
}

async function main(): Promise<number> {
  const options = parseOptions(distillOptionsSchema, Deno.args, { command });
  if (options === null) return exitCodes.done;
  if (options.list) {
    try {
      showList(options, isGiven(Deno.args, "distiller"));
    } catch (error) {
      throw error instanceof RangeError ? new UsageError(error.message) : error;
    }
    return exitCodes.done;
  }
  const signal = interruptSignal();
  // What cannot be left at once, such as another runtime's call, is not waited for.
  signal.addEventListener("abort", () => setTimeout(() => Deno.exit(exitCodes.interrupted), 3000), { once: true });
  const encoder = new TextEncoder();
  const progress = stepProgress({
    terminal: Deno.stderr.isTerminal(),
    write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
  });
  try {
    const result = await run(options, { ...progress, signal });
    progress.log(summaryOf(result));
    if (options.json) console.log(JSON.stringify(result));
    return exitCodes.done;
  } catch (error) {
    if (signal.aborted) {
      progress.log("Stopped. Teachers and what they said are kept.");
      return exitCodes.interrupted;
    }
    if (error instanceof UsageError) throw error;
    const known = error instanceof DivergedError || error instanceof NetworkTooLargeError;
    progress.log(`${known ? `${options.distiller}: ` : ""}${(error as Error).message}`);
    if (Deno.env.get("NACRE_DEBUG")) console.error(error);
    return exitCodes.failed;
  }
}

if (import.meta.main) await runCommand(main);

// `deno task measure`
import { exitCodes, interruptSignal } from "../../src/cli/interrupt_signal.ts";
import { runCommand } from "../../src/cli/run_command.ts";
import { parseOptions } from "../../src/cli/options.ts";
import { outputColumns } from "../../src/cli/output_columns.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { wrapWords } from "../../src/cli/text_width.ts";
import { measureOptionsSchema } from "../../src/schemas/measure_options.ts";
import { approveInTerminal } from "../terminal/approve.ts";
import { openScreen } from "../terminal/screen.ts";
import { compareModels } from "./compare.ts";
import { jsonResult } from "./json_result.ts";
import { measure, type MeasureResult } from "./measure.ts";
import { showProgress } from "./progress.ts";
import { failureLines, renderMeasurements } from "./render.ts";
import { checkSamplesPath, createSamplesFile, type SamplesFile } from "./samples_csv.ts";

const command = {
  name: "measure",
  summary: "Times models on the devices you really have: outputs checked, warmed up, side by side with two reference " +
    "networks, in fresh page loads, until the 95 % interval is narrow.",
  examples: [
    { call: "deno task measure --model model.json", purpose: "a TF.js model, on this machine" },
    {
      call: "deno task measure --model a.onnx --model b.onnx --device chromium",
      purpose: "which of two is faster in the installed Chromium",
    },
    {
      call: "deno task measure --model photos/ --lan --device phone --runtime tfjs-webgpu",
      purpose: "on a phone's GPU; the first time it shows a QR code to scan",
    },
  ],
};

/** What `work` says of the file of samples, as a UsageError. */
function orUsageError<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new UsageError(`--csv: ${(error as Error).message}`);
  }
}

/** 1 where anything asked for is missing or must not be trusted. */
function exitCodeOf({ measurements, failures }: MeasureResult): number {
  return failures.length > 0 || measurements.some(({ measurement }) => !measurement.valid)
    ? exitCodes.failed
    : exitCodes.done;
}

async function main(): Promise<number> {
  const options = parseOptions(measureOptionsSchema, Deno.args, { command });
  if (options === null) return exitCodes.done;
  const { csv } = options;
  if (csv !== undefined) orUsageError(() => checkSamplesPath(csv, options.model));
  let samples: SamplesFile | undefined;
  const screen = openScreen();
  const shown = showProgress(screen);
  const say = (text: string) => screen.say(screen.live ? wrapWords(text, screen.columns()).join("\n") : text);
  const signal = interruptSignal();
  try {
    const result = await measure(options.model, {
      devices: options.device,
      runtimes: options.runtime,
      profile: options.profile,
      inputShape: options.inputShape?.split(",").map(Number),
      dataDir: options.dataDir,
      lan: options.lan,
      port: options.port,
      deviceWaitMs: options.deviceWait * 1000,
      renewNominals: options.renewNominal,
      signal,
      onRead(models, files) {
        if (csv === undefined || models.length === 0) return;
        samples = orUsageError(() => {
          checkSamplesPath(csv, files);
          return createSamplesFile(csv);
        });
      },
      log: say,
      onPairing: (pairing, context) => approveInTerminal(pairing, { ...context, terminal: screen }),
      onProgress: shown.progress,
      onSession({ measurements, failures }) {
        samples?.add(measurements);
        for (const { measurement: { device, runtime } } of measurements) shown.over({ device: device.name, runtime });
        for (const { device, runtime } of failures) if (runtime) shown.over({ device, runtime });
        for (const line of failureLines(failures)) say(line);
      },
    });
    screen.close();
    const written = samples?.close();
    if (written !== undefined && written !== csv) screen.say(`${csv} cannot be written; the samples are in ${written}`);
    const comparisons = compareModels(result.measurements);
    if (options.json) console.log(JSON.stringify(jsonResult(result, comparisons)));
    else if (result.measurements.length > 0) {
      console.log(renderMeasurements(result.measurements, { comparisons, columns: outputColumns() }));
    }
    if (result.measurements.length === 0) screen.say("nothing was measured");
    return exitCodeOf(result);
  } catch (error) {
    screen.close();
    if (error instanceof UsageError) throw error;
    const written = samples?.close();
    if (signal.aborted) {
      say(written ? `Stopped. Sessions that were over are in ${written}.` : "Stopped.");
      return exitCodes.interrupted;
    }
    say((error as Error).message);
    if (Deno.env.get("NACRE_DEBUG")) console.error(error);
    return exitCodes.failed;
  } finally {
    samples?.close();
  }
}

if (import.meta.main) await runCommand(main);

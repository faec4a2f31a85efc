// Raw samples for those who want to look for themselves: one row per round, the references of that round beside the model.
import type { ModelMeasurement } from "./measure.ts";

/** The first line of the file. */
export const samplesHeader = "device,runtime,model,load,round,model_ms,small_reference_ms,large_reference_ms";

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The lines of one measurement; loads and rounds count from 1. */
export function* sampleLines({ model, measurement }: ModelMeasurement): Generator<string> {
  const { device, loads, runtime } = measurement;
  const head = [device.name, runtime, model].map(quoted).join(",");
  for (const [load, { largeMs, samplesMs, smallMs }] of loads.entries()) {
    for (const [round, sampleMs] of samplesMs.entries()) {
      yield `${head},${load + 1},${round + 1},${sampleMs},${smallMs[round]},${largeMs[round]}`;
    }
  }
}

/** A file of raw samples, written as the sessions end. */
export interface SamplesFile {
  add(measurements: readonly ModelMeasurement[]): void;
  close(): void;
}

const bytesPerWrite = 1 << 20;

/** Creates or empties the file at `path`. Error in one line where it cannot be written. */
export function createSamplesFile(path: string): SamplesFile {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new Error(`cannot write ${path}: ${(error as Error).message}`);
  }
  const encoder = new TextEncoder();
  const write = (text: string) => {
    const bytes = encoder.encode(text);
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
  };
  write(`${samplesHeader}\n`);
  return {
    add(measurements) {
      let text = "";
      for (const measurement of measurements) {
        for (const line of sampleLines(measurement)) {
          text += `${line}\n`;
          if (text.length < bytesPerWrite) continue;
          write(text);
          text = "";
        }
      }
      write(text);
    },
    close: () => file.close(),
  };
}

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
  /**
   * Puts what was added in its place, if there is any; says where it lies then, which is beside that place where it could
   * not be put there. Safe to call twice.
   */
  close(): string | undefined;
}

const bytesPerWrite = 1 << 20;

/** The file where samples gather until the measurement is over. */
function partOf(path: string): string {
  return `${path}.part`;
}

function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Error in one line where samples at `path` would take the place of one of `files`, or of what is no file. */
export function checkSamplesPath(path: string, files: readonly string[]): void {
  for (const taken of [path, partOf(path)]) {
    const real = realPath(taken);
    if (real === undefined) continue;
    if (files.some((file) => realPath(file) === real)) {
      throw new Error(`cannot write ${taken}: it is one of the models`);
    }
    if (!Deno.statSync(real).isFile) throw new Error(`cannot write ${taken}: it is not a file`);
  }
  const folder = path.replace(/[^\\/]*$/, "") || ".";
  if (realPath(folder) === undefined) throw new Error(`cannot write ${path}: there is no folder ${folder}`);
}

/** Creates or empties the file beside `path` where samples gather. Error in one line where it cannot be written. */
export function createSamplesFile(path: string): SamplesFile {
  const part = partOf(path);
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(part, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new Error(`cannot write ${part}: ${(error as Error).message}`);
  }
  const encoder = new TextEncoder();
  const write = (text: string) => {
    const bytes = encoder.encode(text);
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
  };
  write(`${samplesHeader}\n`);
  let added = false;
  let closed = false;
  let place: string | undefined;
  return {
    add(measurements) {
      let text = "";
      for (const measurement of measurements) {
        added = true;
        for (const line of sampleLines(measurement)) {
          text += `${line}\n`;
          if (text.length < bytesPerWrite) continue;
          write(text);
          text = "";
        }
      }
      write(text);
    },
    close() {
      if (closed) return place;
      closed = true;
      file.close();
      try {
        // An earlier file stays where this measurement brought nothing.
        if (added) Deno.renameSync(part, path);
        else Deno.removeSync(part);
      } catch {
        return place = added ? part : undefined;
      }
      return place = added ? path : undefined;
    },
  };
}

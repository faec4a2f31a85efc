// The contract of a file format that networks are exported in; a new one is a file and a row in table.ts.
import type { Weights } from "../../models/weights.ts";
import type { Architecture } from "../../schemas/architecture.ts";
import type { ImageNormalisation } from "../image_normalisation.ts";

/** Contents by file name. */
export type ExportedFiles = Readonly<Record<string, Uint8Array<ArrayBuffer> | string>>;

/** An exported model that runs. */
export interface RunningExport {
  /** Logits `[count, classes]` of `count` images `[count, height, width, channels]`, normalised. */
  logits(images: Float32Array, count: number): Promise<Float32Array>;
  dispose(): void | Promise<void>;
}

export interface ExportFormat {
  /** In a few words, for people. */
  summary: string;
  /** What runs its files in the check. */
  checkedBy: string;
  /**
   * Deterministic. The files' metadata give the `normalisation` of the network's images. RangeError where the weights are
   * those of another network.
   */
  encode(architecture: Architecture, weights: Weights, options?: { normalisation?: ImageNormalisation }): ExportedFiles;
  /** A model from the files alone, as a user's program would open them. */
  open(files: ExportedFiles): Promise<RunningExport>;
}

/** A file that the format itself wrote. */
export function bytesOf(files: ExportedFiles, name: string): Uint8Array<ArrayBuffer> {
  const content = files[name];
  if (content === undefined) throw new Error(`the export holds no file ${name}`);
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

import * as z from "zod";
import { contentHash } from "../src/schemas/architecture.ts";
import type { MeasuredNetwork, NetworkSource } from "../src/schemas/measurement.ts";
import { createChild } from "./child.ts";

/** This machine's own outputs of check inputs, to hold against a device's. */
export interface Reference {
  /**
   * Checked values (see protocol/check.ts) of the outputs of `network`, its files lying where `files` says by SHA-256.
   * Keeps one core busy for a moment: not while this machine is timed. Error in one line where the model does not load,
   * does not run, gives values that are not finite, or takes more than 2 minutes; the signal's reason when aborted.
   */
  outputs(
    network: MeasuredNetwork,
    files: ReadonlyMap<string, string>,
    options?: { signal?: AbortSignal },
  ): Promise<number[]>;
  /** Ends the process; safe to call twice. */
  close(): Promise<void>;
}

const deadlineMs = 120_000;
const keptAnswers = 256;
const outputsSchema = z.array(z.number());

/** SHA-256 and path of each file that `source` needs. */
function placesOf(source: NetworkSource, files: ReadonlyMap<string, string>): [string, string][] {
  if (source.kind === "architecture") return [];
  return (source.kind === "onnx" ? [source.file] : source.files).flatMap(({ sha256 }): [string, string][] => {
    const path = files.get(sha256);
    return path === undefined ? [] : [[sha256, path]];
  });
}

/** A reference in a process of its own, which starts when first asked, so that a hostile model can only end that. */
export function createReference(): Reference {
  const child = createChild("reference output", new URL("reference_child.ts", import.meta.url));
  const answers = new Map<string, number[]>();
  return {
    async outputs({ source, input }, files, { signal } = {}) {
      const network = { source, input };
      const key = contentHash(network);
      const known = answers.get(key);
      if (known) return [...known];
      const message = { network, files: placesOf(source, files) };
      const outputs = outputsSchema.parse(await child.request(message, { deadlineMs, signal }));
      const oldest = answers.keys().next();
      if (answers.size >= keptAnswers && !oldest.done) answers.delete(oldest.value);
      answers.set(key, outputs);
      return [...outputs];
    },
    close: () => child.close(),
  };
}

import { z } from "zod";
import { architectureHash } from "../src/schemas/architecture.ts";
import { createChild } from "./child.ts";
import type { CandidateRequest } from "./protocol/candidate.ts";

/** This machine's own logits of check inputs, to hold against a device's. */
export interface Reference {
  /** Logits `[classes]` of the check input. Keeps one core busy for a moment: not while this machine is timed. */
  logits(request: CandidateRequest, options?: { signal?: AbortSignal }): Promise<number[]>;
  close(): Promise<void>;
}

const deadlineMs = 120_000;
const keptAnswers = 256;
const logitsSchema = z.array(z.number());

/** A reference in a process of its own, which starts when first asked. */
export function createReference(): Reference {
  const child = createChild("reference output", new URL("reference_child.ts", import.meta.url));
  const answers = new Map<string, number[]>();
  return {
    async logits({ architecture, seed }, { signal } = {}) {
      const key = `${architectureHash(architecture)} ${seed}`;
      const known = answers.get(key);
      if (known) return known;
      const logits = logitsSchema.parse(await child.request({ architecture, seed }, { deadlineMs, signal }));
      const oldest = answers.keys().next();
      if (answers.size >= keptAnswers && !oldest.done) answers.delete(oldest.value);
      answers.set(key, logits);
      return logits;
    },
    close: () => child.close(),
  };
}

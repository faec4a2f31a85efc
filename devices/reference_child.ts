// The process that computes what a network must answer, on tfjs' plain JavaScript backend: slow, and no runtime that is
// measured shares its kernels.
import { measureJobSchema } from "../src/schemas/measurement.ts";
import { prepareCandidate } from "./protocol/candidate.ts";
import { setBackend } from "./runtimes/set_backend.ts";
import { serveLines } from "./serve_lines.ts";

const requestSchema = measureJobSchema.pick({ architecture: true, seed: true });

await setBackend("cpu");
await serveLines(async (message) => {
  const candidate = prepareCandidate(requestSchema.parse(message))();
  const logits = candidate.predict();
  try {
    return Array.from(await logits.data());
  } finally {
    logits.dispose();
    candidate.dispose();
  }
});

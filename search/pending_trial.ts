// A trial as it is asked for.
import { countDownloadBytes, countMemoryBytes } from "../src/models/deployed_size.ts";
import { countMultiplyAdds, countParameters } from "../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../src/schemas/architecture.ts";
import type { Trial } from "../src/schemas/trial.ts";

/** A trial that waits to be measured and trained. */
export function pendingTrial(
  fields: Pick<Trial, "number" | "role" | "label" | "batch" | "tokens" | "seed"> & { architecture: Architecture },
): Trial {
  return {
    ...fields,
    architectureHash: architectureHash(fields.architecture),
    parameters: countParameters(fields.architecture),
    multiplyAdds: countMultiplyAdds(fields.architecture),
    memoryBytes: countMemoryBytes(fields.architecture),
    downloadBytes: countDownloadBytes(fields.architecture),
    state: "pending",
    measurements: [],
  };
}

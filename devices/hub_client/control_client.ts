import {
  controlAnswers,
  type ControlBody,
  type ControlPath,
  type ControlRefusalKind,
  controlRefusalSchema,
} from "../server/control_wire.ts";
import type { z } from "zod";
import { readControlFile } from "../server/hub_lock.ts";

/** The hub cannot be reached now; another may be started under the same data folder. */
export class HubUnreachableError extends Error {
  override name = "HubUnreachableError";
}

/** The hub said no. */
export class ControlRefusedError extends Error {
  override name = "ControlRefusedError";
  constructor(readonly kind: ControlRefusalKind | undefined, message: string) {
    super(message);
  }
}

export type ControlAnswer<Path extends ControlPath> = z.infer<typeof controlAnswers[Path]>;

/** Asks the hub that serves under `dataDir` at the moment of the call. */
export type ControlCall = <Path extends ControlPath>(
  path: Path,
  body: ControlBody<Path>,
  options?: { signal?: AbortSignal },
) => Promise<ControlAnswer<Path>>;

/** Longer than the hub lets anything wait. */
const answerDeadlineMs = 30_000;

/**
 * HubUnreachableError where no hub serves or it does not answer, ControlRefusedError where it refuses, the signal's reason
 * when aborted.
 */
export function createControlCall(dataDir: string): ControlCall {
  return async (path, body, { signal } = {}) => {
    signal?.throwIfAborted();
    const control = readControlFile(dataDir);
    if (!control) throw new HubUnreachableError("no program serves the probe page any more");
    const deadline = AbortSignal.timeout(answerDeadlineMs);
    try {
      const response = await fetch(new URL(path, control.url), {
        method: "POST",
        headers: { "Content-Type": "application/json", "Authorization": `Bearer ${control.secret}` },
        body: JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        redirect: "error",
      });
      if (response.ok) return controlAnswers[path].parse(await response.json()) as ControlAnswer<typeof path>;
      const refusal = controlRefusalSchema.safeParse(await response.json().catch(() => null));
      if (!refusal.success) throw new Error(`status ${response.status}`);
      throw new ControlRefusedError(refusal.data.kind, refusal.data.error);
    } catch (error) {
      if (error instanceof ControlRefusedError) throw error;
      signal?.throwIfAborted();
      const { message } = error as Error;
      throw new HubUnreachableError(`process ${control.pid}, which serves the probe page, does not answer: ${message}`);
    }
  };
}

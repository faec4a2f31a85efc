// What one device has to measure of a batch: in sessions of several networks, so that they share warm-up and references.
import {
  type Device,
  DeviceGoneError,
  flagMeaning,
  isFarTooWide,
  narrower,
  type Outcome,
  type SessionProgress,
} from "../../devices/mod.ts";
import { countMultiplyAdds } from "../../src/ops/layout.ts";
import type { Measurement, Model, ProfileName, RuntimeName } from "../../src/schemas/measurement.ts";

/** What a device came to say of one network; `gone`: it went away before. */
export type DeviceOutcome = { measurement: Measurement } | { error: string } | { gone: DeviceGoneError };

export interface DeviceQueueOptions {
  runtime: RuntimeName;
  profile: ProfileName;
  signal?: AbortSignal;
  /** What the device does now; "" where it does nothing for this search. */
  onActivity: (activity: string) => void;
}

/** Networks per session: more would make each wait longer for its turn, fewer would repeat warm-ups. */
export const sessionModels = 4;

// A first doubtful answer may be bad luck (a hidden page, a burst of load); a third one is not.
const tries = 3;

interface Waiting {
  model: Model;
  triesLeft: number;
  /**
   * In a session of its own: one with others broke down, and only the network at fault is to fail, or left it too few
   * rounds.
   */
  alone: boolean;
  /** What the session with others had to say; the one alone may only do better. */
  wide?: Measurement;
  resolve: (outcome: DeviceOutcome) => void;
  reject: (reason: unknown) => void;
}

/**
 * Measures `models` on `device`, those beside each other that have much the same to compute; outcome i belongs to model i
 * and comes after its session. One whose interval is far too wide is measured once more, alone; a measurement that is not
 * valid, and a session that broke down, are tried again up to 3 times in all. Once the device is gone all that is left
 * is `gone`. Outcomes reject with the signal's reason only.
 */
export function measureQueue(
  device: Device,
  models: readonly Model[],
  options: DeviceQueueOptions,
): { outcomes: Promise<DeviceOutcome>[]; done: Promise<void> } {
  const waiting: Waiting[] = [];
  const outcomes = models.map((model) => {
    const { promise, resolve, reject } = Promise.withResolvers<DeviceOutcome>();
    // Whoever asked may look at the first one only.
    promise.catch(() => {});
    waiting.push({ model, triesLeft: tries, alone: false, resolve, reject });
    return promise;
  });
  // Beside a slow network a fast one has few rounds.
  waiting.sort((a, b) => multiplyAdds(a.model) - multiplyAdds(b.model));
  return { outcomes, done: work(device, waiting, options) };
}

function multiplyAdds({ source }: Model): number {
  return source.kind === "architecture" ? countMultiplyAdds(source.architecture) : 0;
}

async function work(device: Device, waiting: Waiting[], options: DeviceQueueOptions): Promise<void> {
  const { signal } = options;
  while (waiting.length > 0) {
    const group = nextGroup(waiting);
    try {
      await measureGroup(device, group, waiting, options);
    } catch (error) {
      if (signal?.aborted) {
        for (const one of [...group, ...waiting.splice(0)]) one.reject(signal.reason);
      } else if (error instanceof DeviceGoneError) {
        for (const one of [...group, ...waiting.splice(0)]) settle(one, { gone: error });
      } else {
        for (const one of group) tryAgain(waiting, { ...one, alone: true }, (error as Error).message);
      }
    }
  }
}

/** One session: settles what it measured and puts back into `waiting` what is not valid. */
async function measureGroup(
  device: Device,
  group: readonly Waiting[],
  waiting: Waiting[],
  { onActivity, profile, runtime, signal }: DeviceQueueOptions,
): Promise<void> {
  signal?.throwIfAborted();
  let outcomes: Outcome[];
  try {
    outcomes = await device.measure({ models: group.map(({ model }) => model), runtime, profile }, {
      signal,
      onProgress: (progress) => onActivity(activityOf(progress)),
    });
  } finally {
    onActivity("");
  }
  if (outcomes.length !== group.length) {
    throw new Error(`${device.name}: ${outcomes.length} outcomes of ${group.length} networks`);
  }
  for (const [index, one] of group.entries()) {
    const outcome = outcomes[index];
    if ("error" in outcome) settle(one, { error: `${device.name}: ${outcome.error}` });
    else if (outcome.measurement.valid) {
      if (group.length === 1 || !isFarTooWide(outcome.measurement)) settle(one, outcome);
      else waiting.push({ ...one, alone: true, wide: outcome.measurement });
    } else tryAgain(waiting, one, `${device.name}: no valid measurement: ${reasonOf(outcome.measurement)}`);
  }
}

/** What a device waits for is told as it is, since people are to act on it. */
function activityOf({ activity, load, loads }: SessionProgress): string {
  return loads > 1 && !activity.startsWith("waits") ? `load ${load}/${loads}, ${activity}` : activity;
}

/** Takes from `waiting` what the next session measures. */
function nextGroup(waiting: Waiting[]): Waiting[] {
  if (waiting[0].alone) return waiting.splice(0, 1);
  const alone = waiting.findIndex((one) => one.alone);
  return waiting.splice(0, Math.min(sessionModels, alone < 0 ? waiting.length : alone));
}

function tryAgain(waiting: Waiting[], one: Waiting, error: string): void {
  if (one.triesLeft > 1 && !one.wide) waiting.push({ ...one, triesLeft: one.triesLeft - 1 });
  else settle(one, { error: `${error} (${tries} tries)` });
}

function settle({ resolve, wide }: Waiting, outcome: DeviceOutcome): void {
  if (!wide) resolve(outcome);
  else resolve({ measurement: "measurement" in outcome ? narrower(wide, outcome.measurement) : wide });
}

function reasonOf({ flags }: Measurement): string {
  return flags.map(flagMeaning).join("; ") || "no reason given";
}

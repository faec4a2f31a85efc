import { assertEquals } from "@std/assert";
import type { Measurement } from "../../src/schemas/measurement.ts";
import type { Trial } from "../../src/schemas/trial.ts";
import { pendingTrial } from "../../search/pending_trial.ts";
import { rescored } from "../../search/rescoring.ts";
import { space } from "./made_up_trials.ts";

Deno.test("a skipped student is scored anew by the devices that are left", () => {
  const trial: Trial = {
    ...pendingTrial({ number: 1, role: "search", batch: 0, tokens: [], seed: 1, architecture: space.reference(1) }),
    ...{ state: "skipped", reason: "foreseen", reward: 0.1 },
  };
  const foreseen = { value: 0.5, low: 0.4, high: 0.6, accuracy: 0.5 };
  const by = {
    brokenLimit: () => undefined,
    score: (_: readonly Measurement[], accuracy: number) => ({ latencyMs: 7, reward: accuracy / 2 }),
    scoreForeseen: ({ accuracy, latenciesMs = {} }: NonNullable<Trial["foreseen"]>) =>
      "phone" in latenciesMs ? undefined : accuracy / latenciesMs.here,
  };
  const pruned = rescored({ ...trial, foreseen: { what: "accuracy", ...foreseen } }, by);
  assertEquals([pruned.latencyMs, pruned.reward], [7, 0.25]);
  const far = (latenciesMs: Record<string, number>) =>
    rescored({ ...trial, foreseen: { what: "latencyMs", ...foreseen, latenciesMs } }, by);
  const here = far({ here: 5 });
  assertEquals([here.latencyMs, here.reward, here.state, here.reason], [undefined, 0.1, "skipped", "foreseen"]);
  // Nobody knows what it is worth on the device that is left.
  const left = far({ here: 5, phone: 50 });
  assertEquals([left.reward, left.state], [undefined, "skipped"]);
  assertEquals(left.reason, "foreseen, with a device that left the run since; not timed");
  assertEquals(rescored(left, by), left);
});

Deno.test("a network that was too slow on a device that left has its latency on the others, and no reward", () => {
  const architecture = space.reference(1);
  const trial: Trial = {
    ...pendingTrial({ number: 1, role: "search", batch: 0, tokens: [], seed: 1, architecture }),
    ...{ state: "infeasible", reason: "30.0 ms on phone, more than 5 ms", latencyMs: 30, reward: 0 },
  };
  const by = (trial: Trial, latencyMs: number, broken?: string) =>
    rescored(trial, { brokenLimit: () => broken, score: () => ({ latencyMs, reward: 1 }) });
  assertEquals(by(trial, 30, trial.reason), trial);
  assertEquals(by(trial, 20, "20 ms is too slow"), { ...trial, latencyMs: 20, reason: "20 ms is too slow" });
  const left = by(trial, 1);
  const { latencyMs, reason, reward, state } = left;
  assertEquals([state, latencyMs, reward], ["infeasible", 1, undefined]);
  assertEquals(reason, "30.0 ms on phone, more than 5 ms, with a device that left the run since; not trained");
  // Nor is it known once another one leaves.
  assertEquals(by(left, 0.5), { ...left, latencyMs: 0.5 });
  const tooLarge = { ...trial, latencyMs: undefined };
  assertEquals(by(tooLarge, 1), tooLarge);
});

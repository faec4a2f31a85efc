// What a load says of itself, in the terms of this page: its state and a line of detail.
import type { LoadRequest } from "../../src/schemas/measurement.ts";
import type { PageState } from "./session_state.ts";

export type Phase = "preparing" | "warming up" | "timing" | "cooling down";

/** Which phase an activity, of measureLoad or of this page, belongs to. */
export function phaseOf(activity: string): Phase {
  if (/cool/i.test(activity)) return "cooling down";
  if (/warm/i.test(activity)) return "warming up";
  return /\d round|check/i.test(activity) ? "timing" : "preparing";
}

/**
 * The status that goes with an activity. The headline changes only when the phase does, since it is read aloud; numbers
 * that run go to the detail.
 */
export function statusOf(activity: string, { load, loads, networks }: LoadRequest): PageState["status"] {
  const candidates = networks.length - 2;
  const what = candidates === 1 ? "1 network" : `${candidates} networks`;
  const part = loads === 1 ? "" : `, part ${Math.min(load + 1, loads)} of ${loads}`;
  const detail = sentence(activity);
  const phase = phaseOf(activity);
  switch (phase) {
    case "cooling down":
      return { tone: "paused", headline: "Paused to let this device cool down", detail };
    case "warming up":
      return { tone: "busy", headline: `Warming up${part}`, detail: `Then ${what} will be timed.` };
    case "timing":
      return { tone: "busy", headline: `Timing ${what}${part}`, detail };
    case "preparing":
      return { tone: "busy", headline: `Preparing ${what}${part}`, detail };
    default:
      throw new Error(`no such phase: ${phase satisfies never}`);
  }
}

/** With a capital letter and a full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  return `${trimmed[0].toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}

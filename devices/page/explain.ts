// Why the page does not measure, and what its person can do: one clear sentence each.
import { sentence } from "./activity.ts";
import { PairingRefusedError } from "./pairing.ts";
import { RefusedError, ServerGoneError } from "./post.ts";
import type { Tone } from "./session_state.ts";

export interface Explanation {
  headline: string;
  /** What to do. */
  advice: string;
  /** What a button offers: to load this page again, where that can help. */
  button?: string;
  /** Whether the page goes on looking for the server by itself. */
  waits: boolean;
  /** Default: stopped. */
  tone?: Tone;
}

/** The link did not pair this browser, which is not paired from before either. */
export class LinkRefusedError extends Error {
  override name = "LinkRefusedError";
}

const newLink = "Open the link or scan the code that Nacre shows in the terminal.";

/** Nacre has not come back in the time for which the page waits. */
export const notBack: Explanation = {
  headline: "Nacre is out of reach",
  advice: "It has not come back for two hours. Start it again in the terminal, then connect again.",
  button: "Connect again",
  waits: false,
};

/** For an error that ended pairing or the work of a paired page. */
export function explain(error: unknown): Explanation {
  if (error instanceof PairingRefusedError) {
    return {
      headline: "Not let in",
      advice:
        "The request of this browser was refused in the terminal. To try again, ask for a new link there and open it.",
      waits: false,
    };
  }
  if (error instanceof LinkRefusedError) {
    return {
      headline: "This link does not work",
      advice:
        `${sentence(error.message)} A link lasts 2 minutes and pairs one browser: ask for a new one in the terminal ` +
        "and open that.",
      waits: false,
    };
  }
  if (error instanceof ServerGoneError) {
    return {
      headline: "Nacre is out of reach",
      advice:
        "Start it again in the terminal and check that this device is in the same network. This page goes on by itself " +
        "if that is within two hours.",
      button: "Connect again",
      waits: true,
      tone: "paused",
    };
  }
  if (!(error instanceof RefusedError)) {
    const reason = sentence(error instanceof Error && error.message ? error.message : String(error));
    return { headline: "Stopped", advice: reason, button: "Load this page again", waits: false };
  }
  switch (error.status) {
    case 401:
      return { headline: "Not paired", advice: `${sentence(error.message)} ${newLink}`, waits: false };
    case 409:
      return {
        headline: "Open in another tab",
        advice:
          "Nacre is open in another tab or window of this browser, and only one may measure. Close this one, or " +
          "measure here instead.",
        button: "Measure here instead",
        waits: false,
      };
    case 410:
      return {
        headline: "Finished",
        advice:
          "Nacre has ended. You can close this page, or leave it open: it goes on when Nacre runs again within two hours.",
        waits: true,
        tone: "ready",
      };
    default:
      return {
        headline: "Stopped",
        advice: sentence(error.message),
        button: "Load this page again",
        waits: false,
      };
  }
}

/** What keeps this browser from pairing at all; null where nothing does. */
export function unfit(place: { secure: boolean; subtle: boolean; indexedDb: boolean }): Explanation | null {
  if (!place.secure) {
    return {
      headline: "This page is not on https",
      advice:
        "So the browser hides the GPU and the means to pair. Open the https link that Nacre shows in the terminal.",
      waits: false,
    };
  }
  if (place.subtle && place.indexedDb) return null;
  return {
    headline: "This browser cannot pair",
    advice:
      "It gives the page no place for a key. Update it, or open the link in an ordinary window of another browser.",
    waits: false,
  };
}

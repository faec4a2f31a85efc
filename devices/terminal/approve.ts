// A person at this terminal decides which browsers get in: the same question for `devices`, `measure` and `search`.
import { plainText } from "../../src/cli/text_width.ts";
import type { Pairing, PairingState } from "../hub.ts";
import type { PairingEnd } from "../pair_device.ts";
import { pairingLinkText } from "./pairing_link.ts";
import type { Questions } from "./screen.ts";
import { userAgentWords } from "./user_agent_words.ts";

export interface ApproveOptions {
  terminal: Questions;
  /** What the browser is going to be called, where that is fixed. */
  name?: string;
  /** Whether the page is served to the local network. */
  lan: boolean;
  /** Whether escape codes are understood. Default: on a terminal, without NO_COLOR. */
  colour?: boolean;
  signal?: AbortSignal;
}

function ended(state: PairingEnd): string {
  switch (state.state) {
    case "paired":
      return `"${state.name}" is paired.`;
    case "refused":
      return "Nobody was let in.";
    case "expired":
      return "The link has expired.";
    default:
      return state satisfies never;
  }
}

async function decide(
  pairing: Pairing,
  { name, code, description }: Extract<PairingState, { state: "asks" }>,
  { terminal, signal }: { terminal: Questions; signal: AbortSignal },
): Promise<void> {
  const digits = `${code.slice(0, 3)} ${code.slice(3)}`;
  terminal.say(
    `\nA browser (${userAgentWords(description)}) asks to be "${plainText(name)}".\nIt has to show ${digits}.`,
  );
  if (!terminal.interactive) {
    terminal.say(`If it does, let it in from another terminal: deno task devices --approve ${code}`);
    return;
  }
  const answer = await terminal.ask(`Does it show ${digits}? Let "${plainText(name)}" in? [y/N] `, signal);
  if (!/^\s*y(es)?\s*$/i.test(answer ?? "")) return await pairing.refuse();
  if (!(await pairing.approve(code))) terminal.say("It does not wait any more.");
}

/**
 * Shows the link of `pairing` and asks whether the browser that opens it may come in; without a terminal it says how to
 * answer from another one. Settles with the end of the pairing; rejects with the signal's reason when aborted.
 */
export async function approveInTerminal(pairing: Pairing, options: ApproveOptions): Promise<PairingEnd> {
  const { terminal, name, lan, signal } = options;
  const colour = options.colour ?? (Deno.stderr.isTerminal() && !Deno.noColor);
  terminal.say(pairingLinkText(pairing, { name, lan, columns: terminal.columns(), colour }));
  const failed = new AbortController();
  // Whatever comes next ends the question: another terminal may have answered it.
  let question: AbortController | undefined;
  try {
    while (true) {
      const signals = [failed.signal, ...signal ? [signal] : []];
      const state = await pairing.next({ signal: AbortSignal.any(signals) });
      question?.abort();
      if (state.state !== "asks") {
        terminal.say(ended(state));
        return state;
      }
      const asked = question = new AbortController();
      decide(pairing, state, { terminal, signal: asked.signal }).catch((error) => {
        if (!asked.signal.aborted) failed.abort(error);
      });
    }
  } finally {
    question?.abort();
  }
}

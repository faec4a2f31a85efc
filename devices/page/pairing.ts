// Exchanges the single-use token of a link for the right to come back: the page shows it owns a key, a person compares
// six digits where the link came over the network, and the server's cookie ends it.
import type { PairAnswer, PairRequest } from "../protocol/wire.ts";
import { askToPair, signPairing } from "./api.ts";
import { createKey, type KeyStore, type PendingPairing } from "./key_store.ts";
import { type Line, RefusedError } from "./post.ts";

/** The operator said no. */
export class PairingRefusedError extends Error {
  override name = "PairingRefusedError";
  constructor() {
    super("The pairing was refused in the terminal");
  }
}

export interface PairingSteps {
  keys: KeyStore;
  line: Line;
  /** What the person calls this device; asked only when the link leaves it open. */
  askName: () => Promise<string>;
  /** What a link without a name is answered with when nobody is asked. */
  proposedName: string;
  onCode: (code: string, name: string) => void;
}

/** What follows the # of a link. */
export interface LinkFragment {
  token: string;
  /** Whether the person is to say what the device is called. */
  askName: boolean;
}

const askAgainMs = 1000;
// A person who compares digits gets a quarter of an hour at most; the server ends it earlier.
const asksAtMost = 900;

/** Reads `#<token>` or `#<token>&ask`; undefined where there is no token. */
export function readFragment(hash: string): LinkFragment | undefined {
  const [token, ...marks] = hash.replace(/^#/, "").split("&");
  return /^[A-Za-z0-9_-]{16,128}$/.test(token) ? { token, askName: marks.includes("ask") } : undefined;
}

/** Pairs this browser; gives the name it got. PairingRefusedError, RefusedError, or what the line throws. */
export async function pairBrowser({ token, askName }: LinkFragment, steps: PairingSteps): Promise<string> {
  const { keys, line } = steps;
  const earlier = await keys.pending();
  const goesOn = earlier?.token === token;
  const pending = goesOn
    ? earlier
    : { token, key: await createKey(), name: askName ? await steps.askName() : steps.proposedName };
  if (!goesOn) await keys.setPending(pending);
  const request = await requestOf(pending);
  let answer = await (goesOn ? takeUp(line, request) : askToPair(line, "pair", request));
  for (let asksLeft = asksAtMost; answer.state === "asked" && asksLeft > 0; asksLeft--) {
    steps.onCode(answer.code, answer.name);
    await line.pause(askAgainMs);
    answer = await askToPair(line, "pair/status", request);
  }
  if (answer.state !== "paired") throw new PairingRefusedError();
  await keys.adopt(pending);
  return answer.name;
}

/** After a reload in the midst of a pairing: the token may have been handed in or not. */
async function takeUp(line: Line, request: PairRequest): Promise<PairAnswer> {
  try {
    return await askToPair(line, "pair/status", request);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return await askToPair(line, "pair", request);
  }
}

async function requestOf({ token, name, key }: PendingPairing): Promise<PairRequest> {
  return { token, name, publicKey: key.publicKey, signature: await signPairing(key.privateKey, token) };
}

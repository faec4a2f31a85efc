// How the page comes to its session: by the link it was opened with, or by the pairing this browser has from before.
import { openSession } from "./api.ts";
import { proposedName } from "./device_name.ts";
import { LinkRefusedError } from "./explain.ts";
import { openKeyStore } from "./key_store.ts";
import { pairBrowser, readFragment } from "./pairing.ts";
import type { PairingView } from "./pairing_view.ts";
import { type Line, RefusedError } from "./post.ts";
import type { PageState } from "./session_state.ts";

export interface Connected {
  name: string;
  lan: boolean;
  /** Signs what this browser measures. */
  key: CryptoKey;
}

/** Pairs if the address asks for it, then opens the session of `page`. Rejects with what `explain` explains. */
export async function connect(
  page: string,
  line: Line,
  { pairing, showStatus }: { pairing: PairingView; showStatus: (status: PageState["status"]) => void },
): Promise<Connected> {
  const keys = await openKeyStore();
  const link = readFragment(location.hash);
  let refused: RefusedError | undefined;
  if (link) {
    try {
      await pairBrowser(link, {
        keys,
        line,
        proposedName: proposedName(navigator.userAgent),
        askName: () => {
          showStatus({ tone: "ready", headline: "Pair this device", detail: "" });
          return pairing.askName(proposedName(navigator.userAgent));
        },
        onCode: (code, name) => {
          showStatus({ tone: "paused", headline: "Waiting to be let in", detail: `As ${name}.` });
          pairing.showCode(code);
        },
      });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // A used link in the history of a paired browser: its pairing still holds.
      refused = error;
    } finally {
      pairing.close();
    }
  }
  const session = await openSession(line, page).catch((error) => {
    throw refused && error instanceof RefusedError && error.status === 401
      ? new LinkRefusedError(refused.message)
      : error;
  });
  // The token has served; the cookie keeps this browser paired when the page is loaded again.
  history.replaceState(null, "", location.pathname);
  const key = await keys.device();
  if (!key) throw new RefusedError(401, "This browser has lost its key, so it has to be paired again");
  return { ...session, key: key.privateKey };
}

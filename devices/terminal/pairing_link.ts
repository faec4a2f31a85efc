import { renderUnicodeCompact } from "uqr";
import { displayWidth, wrapWords } from "../../src/cli/text_width.ts";
import type { Pairing } from "../hub.ts";

export interface PairingLinkOptions {
  /** What the browser is going to be called, where that is fixed. */
  name?: string;
  /** Whether the page is served to the local network, so that a phone can scan it. */
  lan: boolean;
  columns: number;
  /** Whether escape codes are understood. */
  colour: boolean;
}

// Light squares on dark ground whatever the terminal's theme is: not every camera reads the inverse.
const lightOnDark = "\x1b[38;5;231;48;5;16m";
const plain = "\x1b[0m";

function qrCode(url: string, columns: number, colour: boolean): string[] {
  const lines = renderUnicodeCompact(url, { border: 2 }).split("\n");
  if (displayWidth(lines[0]) > columns) return ["(this window is too narrow for a QR code)"];
  return colour ? lines.map((line) => `${lightOnDark}${line}${plain}`) : lines;
}

/** Five groups of four digits: 80 bits, which nobody finds another certificate for, and few enough to compare. */
function shortFingerprint(fingerprint: string): string {
  return (fingerprint.slice(0, 20).toUpperCase().match(/.{4}/g) ?? []).join(" ");
}

/** What a person needs to pair a browser: the link, how long it works, and for phones a QR code. */
export function pairingLinkText(pairing: Pairing, { name, lan, columns, colour }: PairingLinkOptions): string {
  const until = new Date(pairing.expiresAt).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const browser = name === undefined ? "the browser that is to be paired" : `the browser that is to be "${name}"`;
  const wrapped = (text: string) => wrapWords(text, columns).join("\n");
  if (!lan) return `${wrapped(`Open this link in ${browser}; it works once, until ${until}:`)}\n${pairing.url}`;
  const phone = name === undefined ? "the phone" : `the phone that is to be "${name}"`;
  return [
    wrapped(`Scan this with ${phone}, or open the link on it. It works once, until ${until}.`),
    "",
    ...qrCode(pairing.url, columns, colour),
    "",
    pairing.url,
    "",
    wrapped(
      "At first the phone warns of the certificate: go on all the same. The page then shows how to make it known.",
    ),
    ...pairing.fingerprint === undefined ? [] : [
      wrapped("Before you trust it there, compare: the SHA-256 fingerprint that the phone shows has to begin with"),
      shortFingerprint(pairing.fingerprint),
    ],
  ].join("\n");
}

import { type Lease, signedText } from "../protocol/wire.ts";

const algorithm = { name: "ECDSA", hash: "SHA-256" };

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** SHA-256 in hexadecimal. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The signature of `text`, 64 bytes r and s, as base64url. */
export async function sign(privateKey: CryptoKey, text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(text))));
}

/** The signature of `body` for one lease and one path. */
export async function signBody(privateKey: CryptoKey, path: string, lease: Lease, body: string): Promise<string> {
  return await sign(privateKey, signedText(path, lease, await sha256Hex(new TextEncoder().encode(body))));
}

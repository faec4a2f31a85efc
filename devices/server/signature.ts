import type { PublicKey } from "../protocol/wire.ts";

const curve = { name: "ECDSA", namedCurve: "P-256" };
const algorithm = { name: "ECDSA", hash: "SHA-256" };

/** The key for `verifies`; rejects where there can be none. */
export function importPublicKey({ kty, crv, x, y }: PublicKey): Promise<CryptoKey> {
  return crypto.subtle.importKey("jwk", { kty, crv, x, y, ext: true }, curve, false, ["verify"]);
}

/** Whether `signature` (64 bytes r and s as base64url) is that of `text` by the holder of `key`. Never throws. */
export async function verifies(key: CryptoKey, signature: string, text: string): Promise<boolean> {
  if (!/^[A-Za-z0-9_-]{86}$/.test(signature)) return false;
  const bytes = Uint8Array.from(atob(signature.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  try {
    return await crypto.subtle.verify(algorithm, key, bytes, new TextEncoder().encode(text));
  } catch {
    // Coordinates that are no point of the curve are imported, and found out only here.
    return false;
  }
}

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Random bytes as URL-safe text; 32 bytes give 43 characters, 16 give 22. */
export function createSecret(bytes = 32): string {
  return randomBytes(bytes).toString("base64url");
}

/** SHA-256 in hexadecimal. Secrets are kept and looked up by it, so that the time of a look-up tells nothing about them. */
export function hashOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Whether two secrets are the same, in a time that does not depend on where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(left, right);
}

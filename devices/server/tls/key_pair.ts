// P-256 keys of certificates, as PKCS #8 in PEM.
import { PemConverter, type X509Certificate } from "./x509.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const signing = { name: "ECDSA", hash: "SHA-256" };

/** What certificates are signed with. */
export const signingAlgorithm = signing;

export async function makeKeyPair(): Promise<{ keys: CryptoKeyPair; pem: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const pem = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { keys, pem: `${pem}\n` };
}

/** The private key in `pem`. Error if there is none, or it does not belong to `certificate`. */
export async function readPrivateKey(pem: string, certificate: X509Certificate): Promise<CryptoKey> {
  const key = await crypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(pem), algorithm, false, ["sign"]);
  const publicKey = await crypto.subtle.importKey("spki", certificate.publicKey.rawData, algorithm, false, ["verify"]);
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign(signing, key, probe);
  if (!(await crypto.subtle.verify(signing, publicKey, signature, probe))) {
    throw new Error("the key belongs to another certificate");
  }
  return key;
}

/** A serial number: 16 random bytes as hexadecimal, positive and of full length. */
export function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return bytes.toHex();
}

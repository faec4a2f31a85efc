// The certificate that the probe page is served with: short-lived, signed by the authority, for this machine's addresses.
import { type Authority, dayMs } from "./authority.ts";
import { makeKeyPair, readPrivateKey, serialNumber, signingAlgorithm } from "./key_pair.ts";
import { readText, writePrivate } from "./pem_file.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

/** 90 in all with the day of clocks that are slow. */
const validDays = 89;
const renewBeforeEndMs = 14 * dayMs;

export interface Leaf {
  certificatePem: string;
  keyPem: string;
}

export interface LeafOptions {
  /** IP addresses and host names, in one order. */
  names: readonly { type: "ip" | "dns"; value: string }[];
  now: Date;
  log: (line: string) => void;
}

function subjectAlternativeName(names: LeafOptions["names"]): SubjectAlternativeNameExtension {
  return new SubjectAlternativeNameExtension([...names]);
}

function sameBytes(a: ArrayBuffer, b: ArrayBuffer): boolean {
  return new Uint8Array(a).toHex() === new Uint8Array(b).toHex();
}

/** Why the stored certificate cannot be served any more; undefined where it can, or there is none. */
async function staleness(
  { certificatePem, keyPem }: Leaf,
  authority: Authority,
  { names, now }: LeafOptions,
): Promise<string | undefined> {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certificatePem);
    await readPrivateKey(keyPem, certificate);
  } catch {
    return "its files are broken";
  }
  if (!(await certificate.verify({ publicKey: authority.certificate.publicKey, signatureOnly: true }))) {
    return "it is of another authority";
  }
  if (certificate.notAfter.getTime() - now.getTime() < renewBeforeEndMs) return "it is near its end";
  const stored = certificate.getExtension(SubjectAlternativeNameExtension);
  if (!stored || !sameBytes(stored.value, subjectAlternativeName(names).value)) {
    return "this machine has other addresses now";
  }
}

async function make({ certificate: issuer, key: signingKey }: Authority, { names, now }: LeafOptions): Promise<Leaf> {
  const { keys, pem } = await makeKeyPair();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: ["Nacre"] }],
    issuer: issuer.subjectName,
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + validDays * dayMs),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      subjectAlternativeName(names),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, keyPem: pem };
}

/** The leaf in `folder`, renewed with a line to `log` where it is stale. */
export async function openLeaf(folder: string, authority: Authority, options: LeafOptions): Promise<Leaf> {
  const [certificatePem, keyPem] = await Promise.all([readText(`${folder}/leaf.pem`), readText(`${folder}/leaf.key`)]);
  if (certificatePem !== undefined || keyPem !== undefined) {
    const stored = { certificatePem: certificatePem ?? "", keyPem: keyPem ?? "" };
    const reason = await staleness(stored, authority, options);
    if (reason === undefined) return stored;
    options.log(`renewed the certificate of the probe page: ${reason}`);
  }
  const leaf = await make(authority, options);
  await writePrivate(`${folder}/leaf.key`, leaf.keyPem);
  await writePrivate(`${folder}/leaf.pem`, leaf.certificatePem);
  return leaf;
}

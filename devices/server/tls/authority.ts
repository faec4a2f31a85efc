// The certificate authority of this data folder, which people install on their phones: made once and kept.
import { makeKeyPair, readPrivateKey, serialNumber, signingAlgorithm } from "./key_pair.ts";
import { isPrivateAddress, nameConstraints, permitsPrivateOnly } from "./name_constraints.ts";
import { makePrivate, readText, writePrivate } from "./pem_file.ts";
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

export const dayMs = 86_400_000;
const years = 10;
/** A leaf must never outlive its authority. */
const renewBeforeEndMs = 100 * dayMs;

export interface Authority {
  certificate: X509Certificate;
  key: CryptoKey;
}

export interface AuthorityOptions {
  /** Names of this machine that the authority may vouch for, besides all in ".local". */
  hostNames: readonly string[];
  hostname: string;
  /** IP addresses of this machine that it has to vouch for. */
  addresses: readonly string[];
  now: Date;
  log: (line: string) => void;
}

async function load(
  folder: string,
  { addresses, now }: AuthorityOptions,
): Promise<Authority | { reason: string } | undefined> {
  const [certificatePem, keyPem] = await Promise.all([readText(`${folder}/ca.pem`), readText(`${folder}/ca.key`)]);
  if (certificatePem === undefined && keyPem === undefined) return undefined;
  if (certificatePem === undefined) return { reason: "ca.pem is missing" };
  if (keyPem === undefined) return { reason: "ca.key is missing" };
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certificatePem);
  } catch {
    return { reason: "ca.pem is no certificate" };
  }
  if (certificate.getExtension(BasicConstraintsExtension)?.ca !== true) return { reason: "ca.pem is no authority" };
  const end = certificate.notAfter.getTime();
  if (end - now.getTime() < renewBeforeEndMs) {
    return { reason: `ca.pem ends on ${certificate.notAfter.toISOString().slice(0, 10)}` };
  }
  const outside = addresses.filter((address) => !isPrivateAddress(address));
  if (outside.length > 0 && permitsPrivateOnly(certificate.extensions)) {
    return { reason: `ca.pem is for private addresses, and ${outside.join(", ")} is none` };
  }
  if (!(await certificate.verify({ signatureOnly: true }))) return { reason: "ca.pem is not signed by its own key" };
  try {
    return { certificate, key: await readPrivateKey(keyPem, certificate) };
  } catch {
    return { reason: "ca.key is not the key of ca.pem" };
  }
}

async function make(
  folder: string,
  { hostNames, hostname, addresses, now, log }: AuthorityOptions,
): Promise<Authority> {
  const { keys, pem } = await makeKeyPair();
  const outside = addresses.filter((address) => !isPrivateAddress(address));
  if (outside.length > 0) {
    log(
      `this machine's address ${
        outside.join(", ")
      } is not of a private network, so that the new certificate authority ` +
        `may vouch for any address: whoever gets ${folder}/ca.key can pose as one to phones that know it`,
    );
  }
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`Nacre on ${hostname}, ${now.toISOString().slice(0, 10)}`] }],
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + years * 365 * dayMs),
    keys,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      nameConstraints(["localhost", "local", ...hostNames.filter((name) => !name.endsWith(".local"))], {
        privateOnly: outside.length === 0,
      }),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The key first: without it, what is written is told to be broken at the next start.
  await writePrivate(`${folder}/ca.key`, pem);
  await writePrivate(`${folder}/ca.pem`, `${certificate.toString("pem")}\n`);
  return { certificate, key: keys.privateKey };
}

/** The authority in `folder`, made where there is none that can be used; `log` tells of that, since phones have to know it. */
export async function openAuthority(folder: string, options: AuthorityOptions): Promise<Authority> {
  const loaded = await load(folder, options);
  if (loaded && "key" in loaded) {
    if (await makePrivate(`${folder}/ca.key`)) {
      options.log(`${folder}/ca.key could be read by other users of this machine; now only you can`);
    }
    return loaded;
  }
  const made = await make(folder, options);
  if (loaded) {
    options.log(
      `the certificate authority in ${folder} could not be used (${loaded.reason}), so there is a new one: ` +
        "phones that know the old one have to install it anew",
    );
  }
  return made;
}

// What serves the probe page by HTTPS in the local network: without it phones hide the GPU, threads and the wake lock.
import { openAuthority } from "./authority.ts";
import { lanAddresses, lanHostNames } from "./lan_addresses.ts";
import { openLeaf } from "./leaf.ts";
import { permitsHostName } from "./name_constraints.ts";
import { makePrivate } from "./pem_file.ts";

/** A certificate for this machine, and the authority that phones have to know. */
export interface LanCertificate {
  /** PEM: the leaf, then the authority. */
  cert: string;
  /** PEM of the leaf's private key. */
  key: string;
  /** The authority, for people to install. */
  caPem: string;
  caDer: Uint8Array<ArrayBuffer>;
  /** IP addresses of this machine in the local network, as given. */
  addresses: string[];
  /** All that the certificate holds for as it stands in a URL, loopback included: IPv6 in brackets. */
  hosts: string[];
}

export interface LanCertificateOptions {
  /** Name of this machine. */
  hostname?: string;
  now?: Date;
  /** Lines for people: what was made anew, and why. */
  log?: (line: string) => void;
}

/**
 * The certificate in `<dataDir>/devices/tls` for `addresses`: made at the first call, renewed when the addresses change
 * or its end is near. Its authority lasts 10 years, can vouch for names of this machine and in ".local" and for
 * private addresses only (for any address where this machine has a public one, told by `log`), and is made anew (told by
 * `log`, since phones must install it again) only where its files are broken, its end is near, or a public
 * address has come that it may not vouch for.
 */
export async function lanCertificate(
  dataDir: string,
  addresses: readonly string[] = lanAddresses(),
  { hostname = Deno.hostname(), now = new Date(), log = () => {} }: LanCertificateOptions = {},
): Promise<LanCertificate> {
  const folder = `${dataDir}/devices/tls`;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await makePrivate(folder, 0o700);
  const ownNames = lanHostNames(hostname);
  const authority = await openAuthority(folder, { hostNames: ownNames, hostname, addresses, now, log });
  const { extensions } = authority.certificate;
  // A name this machine got after the authority was made; its addresses and its ".local" name still hold.
  const permitted = ownNames.filter((name) => name.endsWith(".local") || permitsHostName(extensions, name));
  const hostNames = ["localhost", ...permitted];
  const ipAddresses = ["127.0.0.1", "::1", ...addresses];
  const leaf = await openLeaf(folder, authority, {
    names: [
      ...hostNames.map((value) => ({ type: "dns" as const, value })),
      // In one order, so that interfaces that come up in another one renew nothing.
      ...ipAddresses.toSorted().map((value) => ({ type: "ip" as const, value })),
    ],
    now,
    log,
  });
  const caPem = `${authority.certificate.toString("pem")}\n`;
  return {
    cert: `${leaf.certificatePem.trimEnd()}\n${caPem}`,
    key: leaf.keyPem,
    caPem,
    caDer: new Uint8Array(authority.certificate.rawData),
    addresses: [...addresses],
    hosts: [...ipAddresses.map((address) => (address.includes(":") ? `[${address}]` : address)), ...hostNames],
  };
}

// The extension that keeps an authority which people install on their phones from vouching for sites of the internet: X.509
// name constraints (RFC 5280, 4.2.1.10). It may vouch for this machine's names, all in ".local", and addresses that only
// local networks use. Encoded by hand, since the library has none.
import { BlockList, isIPv6 } from "node:net";
import { Extension } from "./x509.ts";

const oid = "2.5.29.30";
const tags = { sequence: 0x30, permittedSubtrees: 0xa0, hostName: 0x82, ipAddress: 0x87 };

/** Addresses of private networks, of one link, of carriers' and overlay networks, and of this machine itself. */
const privateRanges: { bytes: readonly number[]; prefix: number }[] = [
  { bytes: [10, 0, 0, 0], prefix: 8 },
  { bytes: [172, 16, 0, 0], prefix: 12 },
  { bytes: [192, 168, 0, 0], prefix: 16 },
  { bytes: [169, 254, 0, 0], prefix: 16 },
  { bytes: [100, 64, 0, 0], prefix: 10 },
  { bytes: [127, 0, 0, 0], prefix: 8 },
  { bytes: [0xfc, ...zeros(15)], prefix: 7 },
  { bytes: [0xfe, 0x80, ...zeros(14)], prefix: 10 },
  { bytes: [...zeros(15), 1], prefix: 128 },
];

function zeros(count: number): number[] {
  return new Array(count).fill(0);
}

function textOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  return Array.from({ length: 8 }, (_, index) => (bytes[2 * index] << 8 | bytes[2 * index + 1]).toString(16)).join(":");
}

const privateAddresses = new BlockList();
for (const { bytes, prefix } of privateRanges) {
  privateAddresses.addSubnet(textOf(bytes), prefix, bytes.length === 4 ? "ipv4" : "ipv6");
}

/** Whether an IP address is one that only local networks use. */
export function isPrivateAddress(address: string): boolean {
  return privateAddresses.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function element(tag: number, content: readonly number[]): number[] {
  if (content.length > 0xffff) throw new RangeError(`Cannot encode ${content.length} bytes of name constraints`);
  const length = content.length < 0x80
    ? [content.length]
    : content.length < 0x100
    ? [0x81, content.length]
    : [0x82, content.length >> 8, content.length & 0xff];
  return [tag, ...length, ...content];
}

function subtree(hostName: string): number[] {
  return element(tags.sequence, element(tags.hostName, [...new TextEncoder().encode(hostName)]));
}

function addressSubtree({ bytes, prefix }: { bytes: readonly number[]; prefix: number }): number[] {
  const mask = bytes.map((_, index) => (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * index))) & 0xff);
  return element(tags.sequence, element(tags.ipAddress, [...bytes, ...mask]));
}

/**
 * Permits host names equal to or below one of `hostNames`, and IP addresses: private ones with `privateOnly`, else any.
 * Critical: who cannot read it must refuse.
 */
export function nameConstraints(hostNames: readonly string[], { privateOnly }: { privateOnly: boolean }): Extension {
  const subtrees = [...hostNames.flatMap(subtree), ...privateOnly ? privateRanges.flatMap(addressSubtree) : []];
  const value = element(tags.sequence, element(tags.permittedSubtrees, subtrees));
  return new Extension(oid, true, new Uint8Array(value));
}

/** Whether the constraints among `extensions` name `hostName` itself. */
export function permitsHostName(extensions: readonly Extension[], hostName: string): boolean {
  return names(extensions, subtree(hostName)) ?? true;
}

/** Whether the constraints among `extensions` permit private addresses only. */
export function permitsPrivateOnly(extensions: readonly Extension[]): boolean {
  return names(extensions, addressSubtree(privateRanges[0])) ?? false;
}

/** Whether one of the permitted subtrees is `wanted`; undefined where nothing is constrained. */
function names(extensions: readonly Extension[], wanted: readonly number[]): boolean | undefined {
  const constraints = extensions.find(({ type }) => type === oid);
  if (!constraints) return undefined;
  const value = [...new Uint8Array(constraints.value)].join(",");
  return `,${value},`.includes(`,${wanted.join(",")},`);
}

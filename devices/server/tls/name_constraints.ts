// The extension that keeps an authority which people install on their phones from vouching for any other site than this
// machine: X.509 name constraints (RFC 5280, 4.2.1.10), host names only. Encoded by hand, since the library has none.
import { Extension } from "./x509.ts";

const oid = "2.5.29.30";
const tags = { sequence: 0x30, permittedSubtrees: 0xa0, hostName: 0x82 };

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

/** Permits host names equal to or below one of `hostNames`, and any IP address. Critical: who cannot read it must refuse. */
export function nameConstraints(hostNames: readonly string[]): Extension {
  const value = element(tags.sequence, element(tags.permittedSubtrees, hostNames.flatMap(subtree)));
  return new Extension(oid, true, new Uint8Array(value));
}

/** Whether the constraints among `extensions` name `hostName` itself. */
export function permitsHostName(extensions: readonly Extension[], hostName: string): boolean {
  const constraints = extensions.find(({ type }) => type === oid);
  if (!constraints) return true;
  const value = [...new Uint8Array(constraints.value)].join(",");
  return `,${value},`.includes(`,${subtree(hostName).join(",")},`);
}

/** Whether `address`, from which a request came, is one of this machine's own. */
export function isOwnAddress(
  address: string,
  interfaces: () => readonly Pick<Deno.NetworkInterfaceInfo, "address">[] = Deno.networkInterfaces,
): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (plain === "::1" || /^127\.\d/.test(plain)) return true;
  return interfaces().some((own) => own.address === plain);
}

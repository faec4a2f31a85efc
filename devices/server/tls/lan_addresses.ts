/** IPv4 addresses under which other devices reach this machine: the server listens on no others. */
export function lanAddresses(interfaces: readonly Deno.NetworkInterfaceInfo[] = Deno.networkInterfaces()): string[] {
  const addresses = interfaces.filter(({ family, address }) => family === "IPv4" && !address.startsWith("127."));
  return [...new Set(addresses.map(({ address }) => address))];
}

/** This machine's names in the local network, besides its addresses: its own, and that of multicast DNS. */
export function lanHostNames(hostname = Deno.hostname()): string[] {
  const name = hostname.toLowerCase();
  if (name === "localhost" || !/^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/.test(name)) return [];
  const first = name.split(".")[0];
  return [...new Set([name, `${first}.local`])];
}

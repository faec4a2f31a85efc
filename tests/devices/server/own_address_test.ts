import { assertEquals } from "@std/assert";
import { isOwnAddress } from "../../../devices/server/own_address.ts";

Deno.test("this machine's own addresses are those of loopback and of its interfaces", () => {
  const interfaces = () => [{ address: "192.168.1.5" }, { address: "fd00::5" }];
  const own = ["127.0.0.1", "127.0.1.1", "::1", "::ffff:127.0.0.1", "192.168.1.5", "::ffff:192.168.1.5", "fd00::5"];
  for (const address of own) assertEquals(isOwnAddress(address, interfaces), true, address);
  for (const address of ["192.168.1.6", "fd00::6", "unknown", "", "1270.0.1"]) {
    assertEquals(isOwnAddress(address, interfaces), false, address);
  }
});

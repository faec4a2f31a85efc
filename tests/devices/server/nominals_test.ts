import { assertEquals } from "@std/assert";
import { openHub } from "../../../devices/open_hub.ts";
import { openNominals } from "../../../devices/server/nominals.ts";
import { pairPhone, parts, withFolder } from "./hub_fixture.ts";

Deno.test("nominal times are shared by programs, and end with the pairing they belong to", () =>
  withFolder(async (dataDir) => {
    const [nominals, others] = [openNominals(dataDir), openNominals(dataDir)];
    const hub = await openHub({ dataDir, port: 0 }, parts);
    try {
      const stored = { nominal: { smallMs: 0.25, largeMs: 2 }, provisional: true };
      const [phone, here] = ["phone", "here"].map((name) => ({ name, description: "Fake/1" }));
      assertEquals(nominals.get(phone, "tfjs-wasm", "1 thread"), undefined);
      await pairPhone(hub);
      assertEquals((await hub.devices()).map(({ local }) => local), [true], "its requests came from this machine");
      for (const device of [phone, here]) {
        nominals.set(device, "tfjs-wasm", "1 thread", stored);
        assertEquals(others.get(device, "tfjs-wasm", "1 thread"), stored);
      }
      assertEquals(others.get(phone, "tfjs-webgl", "1 thread"), undefined);
      assertEquals(others.get({ ...here, description: "another processor" }, "tfjs-wasm", "1 thread"), undefined);
      await hub.revoke("phone");
      assertEquals(others.get(phone, "tfjs-wasm", "1 thread"), undefined);
      assertEquals(others.get(here, "tfjs-wasm", "1 thread"), stored);
    } finally {
      await hub.close();
      nominals.close();
      others.close();
    }
  }));

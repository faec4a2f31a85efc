import { assertEquals, assertRejects } from "@std/assert";
import { pairDevice } from "../../devices/pair_device.ts";
import { fakeHub, pairedDevice } from "./fake_hub.ts";

Deno.test("browsers are paired one after the other, also after one that was refused, each with its own time", async () => {
  const hub = fakeHub();
  let open = 0;
  const settled: string[] = [];
  const pair = (name: string, refused = false) =>
    pairDevice(hub, name, {
      waitMs: 100,
      async onPairing() {
        assertEquals(++open, 1, "one link at a time");
        await new Promise((resolve) => setTimeout(resolve, 60));
        open--;
        settled.push(name);
        if (refused) return { state: "refused" };
        hub.paired.push(pairedDevice(name));
        return { state: "paired", name };
      },
    });
  const phone = pair("phone");
  const tablet = assertRejects(() => pair("tablet", true), Error, 'device "tablet" was not let in');
  const watch = pair("watch");
  assertEquals([(await phone).name, await tablet.then(({ name }) => name), (await watch).name], [
    "phone",
    "Error",
    "watch",
  ]);
  assertEquals(settled, ["phone", "tablet", "watch"]);
});

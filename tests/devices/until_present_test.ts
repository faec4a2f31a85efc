import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeviceGoneError } from "../../devices/device.ts";
import { untilPresent } from "../../devices/until_present.ts";
import { fakeHub, pairedDevice } from "./fake_hub.ts";

Deno.test("a browser that is there is not waited for, one that comes back is, and what it lacks is told", async () => {
  const hub = fakeHub({ paired: [pairedDevice("phone")] });
  await untilPresent(hub, "phone", { waitMs: 10_000, onProgress: () => assert(false, "nothing is waited for") });
  hub.paired = [pairedDevice("phone", { presence: "hidden" })];
  const told: string[] = [];
  await untilPresent(hub, "phone", {
    waitMs: 10_000,
    onProgress({ activity }) {
      told.push(activity);
      hub.paired = [pairedDevice("phone", { presence: "measuring" })];
    },
  });
  assertEquals(told, ["waits: its page is hidden; bring it to the front"]);
});

Deno.test("a browser that stays away, or is not paired any more, is gone; an abort ends the wait", async () => {
  const hub = fakeHub({ paired: [pairedDevice("phone", { presence: "absent" })] });
  const options = { waitMs: 20 };
  await assertRejects(() => untilPresent(hub, "phone", options), DeviceGoneError, "its page is not open");
  await assertRejects(() => untilPresent(hub, "tablet", options), DeviceGoneError, '"tablet" is not paired any more');
  const signal = AbortSignal.abort(new Error("interrupted"));
  await assertRejects(() => untilPresent(hub, "phone", { ...options, signal }), Error, "interrupted");
});

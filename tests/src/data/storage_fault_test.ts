import { assert, assertEquals, assertRejects } from "@std/assert";
import { isStorageFault } from "../../../src/data/storage_fault.ts";
import { writeWhole } from "../../../src/data/write_whole.ts";

Deno.test("a full disk is told apart from a file that is not there", {
  // The one full disk that needs no rights to be had.
  ignore: Deno.build.os !== "linux",
}, async () => {
  const full = await assertRejects(() => Deno.writeTextFile("/dev/full", "text"), Error);
  assert(isStorageFault(full));
  assert(isStorageFault(new Error("cannot write weights", { cause: full })));
  const missing = await assertRejects(() => Deno.readTextFile("/nowhere/weights"), Error);
  assertEquals([missing, "No space left on device", undefined].map(isStorageFault), [false, false, false]);
});

Deno.test("what could not be written says why in its cause, too", async () => {
  const error = await assertRejects(
    () => writeWhole("/dev/null/weights", "text"),
    Error,
    "cannot write /dev/null/weights",
  );
  assert((error as Error).cause instanceof Error);
});

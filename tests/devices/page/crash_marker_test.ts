import { assertEquals, assertRejects } from "@std/assert";
import { crashedJob, type MarkPlace, withMark } from "../../../devices/page/crash_marker.ts";
import { fakeStorage } from "./fake_line.ts";

/** Locks of one browser, as far as they are used here. */
function fakeLocks(): NonNullable<MarkPlace["locks"]> {
  let held = false;
  const request = async (name: string, _options: LockOptions, work: (lock: Lock | null) => unknown) => {
    if (held) return await work(null);
    held = true;
    try {
      return await work({ name, mode: "exclusive" } as Lock);
    } finally {
      held = false;
    }
  };
  return { request } as unknown as NonNullable<MarkPlace["locks"]>;
}

Deno.test("a job whose page ended without a word is told once", async () => {
  const storage = fakeStorage();
  // The first page: its work never ends, its lock goes with it.
  void withMark({ storage, page: new EventTarget() }, "job-1", () => new Promise(() => {}));
  const place = { storage, locks: fakeLocks(), page: new EventTarget() };
  assertEquals(await crashedJob(place), "job-1");
  assertEquals(await crashedJob(place), undefined);
});

Deno.test("a job that ended, well or not, leaves no mark", async () => {
  const place = { storage: fakeStorage(), locks: fakeLocks(), page: new EventTarget() };
  assertEquals(await withMark(place, "job-1", () => Promise.resolve(place.storage.entries.size)), 1);
  await assertRejects(() => withMark(place, "job-2", () => Promise.reject(new Error("failed"))), Error, "failed");
  assertEquals(await crashedJob(place), undefined);
});

Deno.test("a page that is left or reloaded did not crash", async () => {
  const storage = fakeStorage();
  const page = new EventTarget();
  void withMark({ storage, page }, "job-1", () => new Promise(() => {}));
  page.dispatchEvent(new Event("pagehide"));
  assertEquals(await crashedJob({ storage, page: new EventTarget() }), undefined);
});

Deno.test("the mark of a tab that still measures is none of another tab's business", async () => {
  const storage = fakeStorage();
  const locks = fakeLocks();
  const work = Promise.withResolvers<void>();
  const first = withMark({ storage, locks, page: new EventTarget() }, "job-1", () => work.promise);
  const other = { storage, locks, page: new EventTarget() };
  assertEquals(await crashedJob(other), undefined);
  // The other tab takes over; the first one's end does not take its mark away.
  const second = withMark(other, "job-2", () => new Promise(() => {}));
  work.resolve();
  await first;
  assertEquals([...storage.entries.values()], ["job-2"]);
  void second;
});

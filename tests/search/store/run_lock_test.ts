import { assert, assertEquals, assertRejects } from "@std/assert";
import { isStorageFault } from "../../../src/data/storage_fault.ts";
import { isLocked, lockRun, RunLockedError } from "../../../search/store/run_lock.ts";
import { withFailingWrites } from "../failing_writes.ts";

const folder = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

Deno.test("a lock that cannot be written, on a full disk, is nobody's, and names its file", async () => {
  await withFailingWrites(async () => {
    const error = await assertRejects(
      () => lockRun(folder, "full"),
      Error,
      `cannot write ${folder}/run.lock: No space`,
    );
    assert(isStorageFault(error));
  });
  assertEquals(isLocked(folder), false);
  {
    using _lock = await lockRun(folder, "full");
    assertEquals(isLocked(folder), true);
  }
  assertEquals(isLocked(folder), false);
});

Deno.test("where nothing can be written, a run without a lock file is nobody's, and one with it may be in use", async () => {
  const protectedFolder = `${folder}/protected`;
  Deno.mkdirSync(protectedFolder);
  const lock = () => lockRun(protectedFolder, "protected");
  const { open } = Deno;
  const protect = () => {
    Deno.open = (path, options) =>
      options?.write
        ? Promise.reject(Object.assign(new Error("Read-only file system (os error 30)"), { code: "EROFS" }))
        : open(path, options);
  };
  try {
    protect();
    (await lock())[Symbol.dispose]();
    assertEquals([...Deno.readDirSync(protectedFolder)], []);
    Deno.open = open;
    using held = new DisposableStack();
    held.use(await lock());
    protect();
    await assertRejects(lock, RunLockedError, `in use by process ${Deno.pid};`);
    held.dispose();
    using _lock = await lock();
    assertEquals(isLocked(protectedFolder), true);
  } finally {
    Deno.open = open;
  }
});

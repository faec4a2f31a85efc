import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertThrows } from "@std/assert";
import { OutsideFaultError } from "../../../search/outside_fault.ts";
import { RunStore } from "../../../search/store/run_store.ts";
import { inFile } from "../loop_fakes.ts";

/** Runs `body` while SQLite finds the disk full at every commit, and rolls back by itself as it does then. */
function withFullDisk(body: () => void): void {
  const exec = DatabaseSync.prototype.exec;
  DatabaseSync.prototype.exec = function (sql) {
    if (sql !== "COMMIT") return exec.call(this, sql);
    exec.call(this, "ROLLBACK");
    throw Object.assign(new Error("database or disk is full"), { code: "ERR_SQLITE_ERROR" });
  };
  try {
    body();
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
}

Deno.test(
  "a full disk is told as it is, with the file, and the store goes on once there is space",
  inFile((file) => {
    using store = new RunStore(file);
    store.set("state", "running");
    const write = () => store.transaction(() => store.set("state", "complete"));
    withFullDisk(() => assertThrows(write, OutsideFaultError, `cannot write ${file}: database or disk is full`));
    assertEquals(store.get("state"), "running");
    write();
    assertEquals(store.get("state"), "complete");
    return Promise.resolve();
  }),
);

Deno.test(
  "an error among the writes of a transaction is the one that is told",
  inFile((file) => {
    using store = new RunStore(file);
    const failing = () =>
      store.transaction(() => {
        store.set("state", "complete");
        throw new RangeError("not a trial");
      });
    assertThrows(failing, RangeError, "not a trial");
    assertEquals(store.get("state"), undefined);
    return Promise.resolve();
  }),
);

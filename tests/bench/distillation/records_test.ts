import { assertEquals, assertThrows } from "@std/assert";
import { Records, type ResultRecord } from "../../../bench/distillation/records.ts";

function record(key: string, rest: Partial<ResultRecord> = {}): ResultRecord {
  const place = { key, dataset: "mnist", pair: "residual", row: "kd", seed: 1 };
  const trained = { type: "trained" as const, testAccuracy: 0.5, loss: 1, steps: 10, seconds: 2, details: { a: 1 } };
  return { ...place, ...trained, ...rest } as ResultRecord;
}

Deno.test("results survive a kill while a line is written, and the next one starts on a line of its own", async () => {
  const path = await Deno.makeTempFile();
  try {
    const records = new Records(path);
    records.add(record("a"));
    records.add(record("b"));
    await Deno.writeTextFile(path, '{"key":"c","dataset":"mn', { append: true });
    const again = new Records(path);
    assertEquals([again.isDone("a"), again.isDone("b"), again.isDone("c")], [true, true, false]);
    again.add(record("c"));
    assertEquals(new Records(path).get("c"), record("c"));
    assertEquals((await Deno.readTextFile(path)).trim().split("\n").length, 3);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a failure of the method itself is final, any other is tried again", async () => {
  const path = await Deno.makeTempFile();
  const place = { key: "a", dataset: "mnist", pair: "residual", row: "kd", seed: 1 };
  try {
    const records = new Records(path);
    records.add({ ...place, type: "failed", reason: "killed", own: false });
    assertEquals(records.isDone("a"), false);
    records.add({ ...place, type: "failed", reason: "the loss is NaN", own: true });
    assertEquals(new Records(path).isDone("a"), true);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a file of something else is refused by its line", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, `${JSON.stringify(record("a"))}\n{"key":1}\n`);
    assertThrows(() => new Records(path), Error, `${path}, line 2: not a result`);
  } finally {
    await Deno.remove(path);
  }
});

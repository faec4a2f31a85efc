import { assertEquals, assertThrows } from "@std/assert";
import { Records, recordSchema, type ResultRecord } from "../../../bench/distillation/records.ts";

function record(key: string, rest: Partial<ResultRecord> = {}): ResultRecord {
  const place = { key, dataset: "mnist", pair: "residual", row: "kd", seed: 1 };
  const trained = { type: "trained" as const, testAccuracy: 0.5, loss: 1, steps: 10, seconds: 2, details: { a: 1 } };
  return { ...place, ...trained, ...rest } as ResultRecord;
}

Deno.test("results survive a kill while a line is written, and the next one starts on a line of its own", async () => {
  const path = await Deno.makeTempFile();
  try {
    const records = new Records(path, recordSchema);
    records.add(record("a"));
    records.add(record("b"));
    await Deno.writeTextFile(path, '{"key":"c","dataset":"mn', { append: true });
    const again = new Records(path, recordSchema);
    assertEquals([again.isDone("a"), again.isDone("b"), again.isDone("c")], [true, true, false]);
    again.add(record("c"));
    assertEquals(new Records(path, recordSchema).get("c"), record("c"));
    assertEquals((await Deno.readTextFile(path)).trim().split("\n").length, 3);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a line tells what code it was made with, and the first lines that do not are still read", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, `${JSON.stringify(record("a"))}\n`);
    new Records(path, recordSchema).add(record("b", { code: "0123456789ab" }));
    const again = new Records(path, recordSchema);
    assertEquals([again.get("a")?.code, again.get("b")?.code], [undefined, "0123456789ab"]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a failure of the method itself is final, any other is tried again", async () => {
  const path = await Deno.makeTempFile();
  const place = { key: "a", dataset: "mnist", pair: "residual", row: "kd", seed: 1 };
  try {
    const records = new Records(path, recordSchema);
    records.add({ ...place, type: "failed", reason: "killed", own: false });
    assertEquals(records.isDone("a"), false);
    records.add({ ...place, type: "failed", reason: "the loss is NaN", own: true });
    assertEquals(new Records(path, recordSchema).isDone("a"), true);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a file of something else is refused by its line", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, `${JSON.stringify(record("a"))}\n{"key":1}\n`);
    assertThrows(() => new Records(path, recordSchema), Error, `${path}, line 2: not a result`);
  } finally {
    await Deno.remove(path);
  }
});

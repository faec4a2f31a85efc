import { assertThrows } from "@std/assert";
import {
  controlFields,
  createBarrier,
  passField,
  stopTeam,
  TeamStopped,
  waitWhile,
} from "../../../../src/engine/wasm/barrier.ts";

const control = () => new Int32Array(new SharedArrayBuffer(4 * controlFields));

Deno.test("a thread that waits for one that never comes gives up, and the team is at its end", () => {
  const shared = control();
  assertThrows(createBarrier(shared, 2, 1), TeamStopped, "did not answer within 1 s");
  const { wait } = Atomics;
  Atomics.wait = () => {
    throw new Error("it waits");
  };
  try {
    assertThrows(() => waitWhile(shared, passField, 0, Infinity), TeamStopped);
  } finally {
    Atomics.wait = wait;
  }
});

Deno.test("a stopped team waits for nobody, however late a thread comes", () => {
  const shared = control();
  stopTeam(shared);
  assertThrows(() => waitWhile(shared, passField, 0, Infinity), TeamStopped, "failed");
  assertThrows(createBarrier(shared, 2, Infinity), TeamStopped, "failed");
});

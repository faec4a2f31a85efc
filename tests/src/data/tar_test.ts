import { assertEquals, assertThrows } from "@std/assert";
import { readTar } from "../../../src/data/tar.ts";
import { tarBytes } from "./sample_files.ts";

Deno.test("readTar gives each file's bytes", () => {
  const files = {
    "package/a.txt": Uint8Array.of(1, 2, 3),
    "package/b": new Uint8Array(1024).fill(7),
    "c": new Uint8Array(),
  };
  assertEquals(Object.fromEntries(readTar(tarBytes(files), "x.tar")), files);
});

Deno.test("readTar names an archive that is cut or no archive", () => {
  const archive = tarBytes({ "a": new Uint8Array(2000).fill(1) });
  assertThrows(() => readTar(archive.subarray(0, 1024), "x.tar"), Error, "x.tar: not a whole tar archive");
  assertThrows(() => readTar(new Uint8Array(1024).fill(65), "x.tar"), Error, "x.tar: not a whole tar archive");
});

import { assertEquals } from "@std/assert";
import { compileKernels } from "../../../../src/engine/wasm/build.ts";
import { kernelBinaryUrl } from "../../../../src/engine/wasm/module.ts";

for (const variant of ["relaxed", "simd"] as const) {
  Deno.test(`the committed ${variant} kernels are what the sources compile to`, async () => {
    const committed = await Deno.readFile(kernelBinaryUrl(variant));
    const compiled = await compileKernels(variant);
    assertEquals(
      compiled.length === committed.length && compiled.every((byte, index) => byte === committed[index]),
      true,
      "run `deno task build-kernels` and commit the binaries",
    );
  });
}

Deno.test("only the relaxed kernels need relaxed SIMD", async () => {
  // f32x4.relaxed_madd: the SIMD prefix, then 0x105 in LEB128.
  const usesRelaxed = (binary: Uint8Array) =>
    binary.some((byte, index) => byte === 0xfd && binary[index + 1] === 0x85 && binary[index + 2] === 0x02);
  assertEquals(usesRelaxed(await Deno.readFile(kernelBinaryUrl("relaxed"))), true);
  assertEquals(usesRelaxed(await Deno.readFile(kernelBinaryUrl("simd"))), false);
});

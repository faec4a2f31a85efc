import { assertEquals } from "@std/assert";
import { chromiumArguments } from "../../../devices/browsers/chromium.ts";
import { firefoxPreferences } from "../../../devices/browsers/firefox.ts";
import { runtimeSchema } from "../../../src/schemas/measurement.ts";

Deno.test("browsers are asked for WebGPU only where a runtime uses it", () => {
  for (const runtime of runtimeSchema.options) {
    const webgpu = runtime.endsWith("webgpu");
    assertEquals(chromiumArguments([runtime]).includes("--enable-unsafe-webgpu"), webgpu, runtime);
    assertEquals(firefoxPreferences([runtime])["dom.webgpu.enabled"] ?? false, webgpu, runtime);
  }
});

Deno.test("flags of several runtimes are the flags of each, once", () => {
  const all = chromiumArguments(runtimeSchema.options);
  assertEquals(all.length, new Set(all).size);
  for (const runtime of runtimeSchema.options) {
    assertEquals(chromiumArguments([runtime]).filter((flag) => !all.includes(flag)), []);
  }
});

Deno.test("no flag gives a browser a software adapter", () => {
  const flags = chromiumArguments(runtimeSchema.options).join(" ");
  assertEquals(/swiftshader|llvmpipe|no-sandbox/.test(flags), false, flags);
});

import { assertEquals } from "@std/assert";
import { isSoftwareAdapter } from "../../../devices/runtimes/software_adapter.ts";

Deno.test("isSoftwareAdapter() knows emulated GPUs by their names", () => {
  const emulated = [
    "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
    "llvmpipe (LLVM 15.0.6, 256 bits)",
    "Microsoft Basic Render Driver",
  ];
  const real = ["Apple M2", "Adreno (TM) 740", "ANGLE (NVIDIA, NVIDIA GeForce RTX 3060, OpenGL 4.5)", "Mali-G78"];
  assertEquals([...emulated, ...real].map(isSoftwareAdapter), [true, true, true, false, false, false, false]);
});

import { assert, assertEquals } from "@std/assert";
import { type PageFacts, preflight } from "../../../devices/protocol/preflight.ts";
import { type RuntimeName, runtimeSchema } from "../../../src/schemas/measurement.ts";

const good: PageFacts = {
  secure: true,
  isolated: true,
  visible: true,
  wakeLock: "held",
  clockTickMs: 0.005,
  wasm: true,
  webgl: true,
  webgpu: true,
};

function refusal(change: Partial<PageFacts>, runtime: RuntimeName = "tfjs-wasm"): string | null {
  return preflight(runtime, { ...good, ...change });
}

Deno.test("preflight() lets a page in order measure with every runtime", () => {
  for (const runtime of runtimeSchema.options) assertEquals(preflight(runtime, good), null);
});

Deno.test("preflight() blames the missing https, not the GPU", () => {
  const reason = refusal({ secure: false, webgpu: false }, "tfjs-webgpu");
  assertEquals(
    reason,
    "This page is not on https, so the browser hides the GPU: open the https link that the terminal shows.",
  );
});

Deno.test("preflight() refuses what a runtime needs and the page lacks, and nothing else", () => {
  assert(refusal({ visible: false })?.includes("background"));
  assert(refusal({ clockTickMs: 100 })?.includes("every 100 ms"));
  assertEquals(refusal({ clockTickMs: 20 }), null);
  assert(refusal({ wasm: false })?.includes("WebAssembly"));
  assert(refusal({ webgl: false }, "tfjs-webgl")?.includes("WebGL"));
  assertEquals(refusal({ webgl: false, webgpu: false }), null);
  assert(refusal({ wasm: false }, "onnxruntime-webgpu")?.includes("WebAssembly"));
});

Deno.test("preflight() refuses a page that is not isolated, whatever the runtime", () => {
  for (const runtime of runtimeSchema.options) {
    assert(refusal({ isolated: false }, runtime)?.includes("isolated"), runtime);
  }
});

Deno.test("preflight() fails closed: what is not known refuses", () => {
  for (const fact of ["secure", "isolated", "visible", "clockTickMs", "wasm"] as const) {
    const facts: Record<string, unknown> = { ...good };
    delete facts[fact];
    assert(preflight("tfjs-wasm", facts as unknown as PageFacts), fact);
  }
  assert(refusal({ clockTickMs: NaN }) && refusal({ clockTickMs: Infinity }) && refusal({ clockTickMs: 0 }));
});

Deno.test("preflight() says each reason in one line", () => {
  for (
    const change of [{ secure: false }, { isolated: false }, { visible: false }, { clockTickMs: 50 }, { wasm: false }]
  ) {
    const reason = refusal(change);
    assert(reason && !reason.includes("\n") && reason.endsWith("."), reason ?? "no reason");
  }
});

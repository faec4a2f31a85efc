// Tests that need something a plain machine may lack: skipped there with the reason printed, or, where
// NACRE_REQUIRE_ALL is set (continuous integration), failed.
import { chromiumPath, firefoxPath } from "../devices/browsers/find_browser.ts";

/** What a test may need, with the question whether it is here. Null: yes; else the reason why not. */
const requirements = {
  chromium: () => chromiumPath() ? null : "no Chromium or Chrome found on PATH",
  firefox: () => firefoxPath() ? null : "no Firefox found on PATH",
  vulkan: async () => await hasAdapter() ? null : "no WebGPU adapter (no Vulkan driver)",
  "fashion-mnist": () =>
    existsSync("/usr/share/datasets/fashion-mnist") ? null : "Debian's dataset-fashion-mnist is not installed",
} satisfies Record<string, () => string | null | Promise<string | null>>;

/** The name of something a test may need. */
export type Requirement = keyof typeof requirements;

function existsSync(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Asked in a process that ends by SIGKILL: see tests/src/engine/webgpu/process.ts. */
async function hasAdapter(): Promise<boolean> {
  const code = 'console.log(await navigator.gpu?.requestAdapter() ? "yes" : "no"); Deno.kill(Deno.pid, "SIGKILL")';
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", code], stdin: "null" }).output();
  return new TextDecoder().decode(stdout).startsWith("yes");
}

const reasons = new Map<Requirement, Promise<string | null>>();

/** Registers a test that runs only where all of `needs` are here. */
export async function testWith(
  test: { name: string; needs: Requirement | Requirement[]; fn: (context: Deno.TestContext) => void | Promise<void> },
): Promise<void> {
  for (const need of [test.needs].flat()) {
    if (!reasons.has(need)) reasons.set(need, Promise.resolve(requirements[need]()));
    const reason = await reasons.get(need);
    if (reason === null) continue;
    if (Deno.env.get("NACRE_REQUIRE_ALL")) {
      Deno.test(test.name, () => {
        throw new Error(`NACRE_REQUIRE_ALL is set, but ${reason}`);
      });
    } else {
      console.log(`skipped: ${test.name}: ${reason}`);
      Deno.test({ name: test.name, ignore: reason !== null, fn: test.fn });
    }
    return;
  }
  Deno.test(test.name, test.fn);
}

// Runs in Deno, not in the page.
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** The page's script as one text. Error with the bundler's message where it cannot be made; the signal ends it. */
export async function bundlePageScript(signal?: AbortSignal): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "nacre-page-" });
  const file = `${folder}/page.js`;
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--platform", "browser", "--minify", "-o", file],
        fileURLToPath(new URL("search/export/page/main.ts", root)),
      ],
      cwd: root,
      env: { NO_COLOR: "1" },
      stdin: "null",
      signal,
    }).output();
    signal?.throwIfAborted();
    if (success) return await Deno.readTextFile(file);
    const [message] = new TextDecoder().decode(stderr).split("\nStack backtrace:");
    throw new Error(`cannot bundle the page that runs the model: ${message.trim()}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

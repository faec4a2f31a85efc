// Runs in Deno, not in the page.

/** The page's script with all it imports, as one browser module. Error with the bundler's message if it cannot be made. */
export async function buildPage(): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "--minify", new URL("main.ts", import.meta.url).href],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(`Cannot bundle the probe page: ${new TextDecoder().decode(stderr).trim()}`);
  return stdout;
}

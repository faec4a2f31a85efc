// Where installed browsers are found.

function firstOnPath(names: readonly string[]): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(Deno.build.os === "windows" ? ";" : ":").filter((part) => part);
  const known = Deno.build.os === "darwin" ? ["/Applications/Google Chrome.app/Contents/MacOS"] : [];
  for (const name of names) {
    for (const folder of [...folders, ...known]) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
      } catch {
        // not here: try the next folder
      }
    }
  }
}

/** The installed Chromium or Chrome, if there is one on PATH. */
export function chromiumPath(): string | undefined {
  return firstOnPath(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "Google Chrome"]);
}

/** The installed Firefox, if there is one on PATH. */
export function firefoxPath(): string | undefined {
  return firstOnPath(["firefox-esr", "firefox"]);
}

// Where installed browsers are found.

function firstOnPath(names: readonly string[], application: string): string | undefined {
  const windows = Deno.build.os === "windows";
  const folders = (Deno.env.get("PATH") ?? "").split(windows ? ";" : ":").filter((part) => part);
  // Applications of macOS are not on PATH.
  const known = Deno.build.os === "darwin" ? [`/Applications/${application}.app/Contents/MacOS`] : [];
  for (const name of names) {
    for (const folder of [...folders, ...known]) {
      const path = `${folder}/${name}${windows ? ".exe" : ""}`;
      try {
        if (Deno.statSync(path).isFile) return path;
      } catch {
        // not here: try the next folder
      }
    }
  }
}

/** The installed Chromium or Chrome, if there is one on PATH. */
export function chromiumPath(): string | undefined {
  return firstOnPath(
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "Google Chrome"],
    "Google Chrome",
  );
}

/** The installed Firefox, if there is one on PATH. */
export function firefoxPath(): string | undefined {
  return firstOnPath(["firefox-esr", "firefox"], "Firefox");
}

// Where results go: a file a day, kept with the code that gave them.

/** bench/results. */
export const resultsFolder = new URL("./results/", import.meta.url);

/** Writes `result` as `NAME-YYYY-MM-DD.json` to bench/results, or to `into`; a later one of the day replaces it. */
export function saveResult(name: string, result: { date: string }, into: URL = resultsFolder): string {
  Deno.mkdirSync(into, { recursive: true });
  const path = new URL(`${name}-${result.date.slice(0, 10)}.json`, into).pathname;
  Deno.writeTextFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}

/** Writes `text` to the file `name` in bench/results, or in `into`, and gives its path. */
export function saveText(name: string, text: string, into: URL = resultsFolder): string {
  Deno.mkdirSync(into, { recursive: true });
  const path = new URL(name, into).pathname;
  Deno.writeTextFileSync(path, text);
  return path;
}

/** `value` to two decimals, or, where small, to three digits. */
export function rounded(value: number): number {
  return Math.abs(value) < 1 ? Number(value.toPrecision(3)) : Math.round(value * 100) / 100;
}

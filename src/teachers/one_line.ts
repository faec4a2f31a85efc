const longest = 300;

/** What was thrown, on one line of at most 300 characters, without control characters. */
export function oneLine(thrown: unknown): string {
  // tfjs-wasm throws plain objects with a message.
  const message = (thrown as { message?: unknown } | null)?.message ?? thrown;
  const line = String(message).replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line || "unknown error";
}

const longest = 300;

/** An error's message on one line of at most 300 characters. */
export function oneLine(error: unknown): string {
  // tfjs-wasm throws plain objects with a message.
  const message = (error as { message?: unknown } | null)?.message ?? error;
  const line = String(message).replaceAll(/\s+/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line || "unknown error";
}

// A terminal in memory: what is on it after all escape codes that a screen uses, and a keyboard.
import { createScreen, type Screen } from "../../../devices/terminal/screen.ts";

export interface VirtualTerminal {
  screen: Screen;
  /** Its lines, without those that are empty at the end. */
  lines(): string[];
  /** Types a line and Enter, echoed as terminals do. */
  type(line: string): void;
  endInput(): void;
  resize(columns: number): void;
}

export function virtualTerminal(
  { live = true, interactive = true, columns = 60 }: { live?: boolean; interactive?: boolean; columns?: number } = {},
): VirtualTerminal {
  let width = columns;
  let lines = [""];
  let row = 0;
  let column = 0;
  let keyboard: ReadableStreamDefaultController<Uint8Array> | undefined;

  function put(character: string): void {
    if (character === "\n") {
      row++;
      column = 0;
    } else if (character === "\r") column = 0;
    else {
      if (column >= width) {
        row++;
        column = 0;
      }
      lines[row] = (lines[row] ?? "").padEnd(column).slice(0, column) + character;
      column++;
    }
    while (lines.length <= row) lines.push("");
  }

  function write(text: string): void {
    // deno-lint-ignore no-control-regex -- escape codes are what a terminal reads
    for (const [part, up] of text.matchAll(/\x1b\[(\d+)A|\x1b\[2K|[^]/gu)) {
      if (part.endsWith("A") && up) row = Math.max(0, row - Number(up));
      else if (part === "\x1b[2K") lines[row] = "";
      else put(part);
    }
  }

  const input = new ReadableStream<Uint8Array>({
    start(controller) {
      keyboard = controller;
    },
  });
  return {
    screen: createScreen({ live, interactive, columns: () => width, write, input }),
    lines() {
      const shown = lines.map((line) => line.trimEnd());
      while (shown.length > 0 && shown.at(-1) === "") shown.pop();
      return shown;
    },
    type(line) {
      write(`${line}\n`);
      keyboard?.enqueue(new TextEncoder().encode(`${line}\n`));
    },
    endInput: () => keyboard?.close(),
    resize(columns) {
      // Lines that are too long now take several.
      const wrapped = lines.flatMap((line, index) => {
        const parts = line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""];
        if (index === row) column = Math.min(column, parts.at(-1)?.length ?? 0);
        return parts;
      });
      row += wrapped.length - lines.length;
      lines = wrapped;
      width = columns;
    },
  };
}

/** Lets everything happen that waits for nothing but promises and streams. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

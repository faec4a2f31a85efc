// Standard error as people see it: lines that stay, below them a few that renew themselves, and at the end a question.
import { displayWidth, plainText, truncateToWidth } from "../../src/cli/text_width.ts";
import { createLineInput, type LineInput } from "./line_input.ts";

/** What a question needs; programs with a display of their own make one by `questionsBy`. */
export interface Questions {
  /** Whether somebody can answer. */
  readonly interactive: boolean;
  /** Width in columns. */
  columns(): number;
  /** Writes lines that stay. */
  say(text: string): void;
  /** The answer to `question`; undefined where the input has ended. Rejects with the signal's reason when aborted. */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined>;
}

export interface Screen extends Questions {
  /** Whether lines can be renewed. */
  readonly live: boolean;
  /** Replaces the lines below all others, each cut to the width; does nothing where `live` is false. */
  show(lines: readonly string[]): void;
  /** Settles with the next line that is typed while no question is open. */
  line(signal?: AbortSignal): Promise<string | undefined>;
  /** Takes the renewed lines away; safe to call twice. */
  close(): void;
}

/** What a screen stands on; on the real terminal, see `openScreen`. */
export interface ScreenParts {
  live: boolean;
  interactive: boolean;
  columns: () => number;
  write: (text: string) => void;
  input: ReadableStream<Uint8Array>;
}

const eraseLine = "\r\x1b[2K";
const eraseLineAbove = "\x1b[1A\x1b[2K";

/** A screen on `parts`. Questions of several askers follow each other. */
export function createScreen({ live, interactive, columns, write, input }: ScreenParts): Screen {
  let lines: readonly string[] = [];
  let question = "";
  /** Heights of what stands below the lines that stay, in lines of the terminal. */
  let drawn: string[] = [];
  let typedLines = 0;
  let lastQuestion: Promise<unknown> = Promise.resolve();
  const typed: LineInput = createLineInput(input, () => typedLines++);

  function erase(): void {
    if (!live) return;
    const width = Math.max(1, columns());
    // A window that became narrower has broken lines into several.
    const heights = drawn.map((line) => Math.max(1, Math.ceil(displayWidth(line) / width)));
    const above = heights.reduce((sum, height) => sum + height, 0) + typedLines;
    if (drawn.length > 0 || question) write(eraseLine + eraseLineAbove.repeat(above));
    drawn = [];
    typedLines = 0;
  }

  function draw(): void {
    if (!live) return;
    drawn = lines.map((line) => truncateToWidth(line, columns() - 1));
    write(drawn.map((line) => `${line}\n`).join("") + question);
  }

  function renew(change: () => void): void {
    erase();
    change();
    draw();
  }

  function say(text: string): void {
    renew(() => write(`${text}\n`));
  }

  async function ask(text: string, signal?: AbortSignal): Promise<string | undefined> {
    const before = lastQuestion;
    const { promise: over, resolve: leave } = Promise.withResolvers<void>();
    lastQuestion = over;
    await before;
    try {
      signal?.throwIfAborted();
      if (!interactive) return undefined;
      if (live) renew(() => question = text);
      else write(text);
      const answer = await typed.next(signal);
      renew(() => {
        question = "";
        if (live) write(`${text}${plainText(answer ?? "")}\n`);
      });
      return answer;
    } catch (error) {
      renew(() => question = "");
      throw error;
    } finally {
      leave();
    }
  }

  return {
    live,
    interactive,
    columns,
    say,
    ask,
    show(wanted) {
      if (wanted.length === lines.length && wanted.every((line, index) => line === lines[index])) return;
      renew(() => lines = wanted);
    },
    line: (signal) => typed.next(signal),
    close() {
      renew(() => {
        lines = [];
        question = "";
      });
    },
  };
}

function consoleColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    // Standard error is a terminal, but none of the others tells its size.
    return 80;
  }
}

function writeToStandardError(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += Deno.stderr.writeSync(bytes.subarray(written));
  } catch {
    // Nobody reads any more: no reason to end what is shown.
  }
}

/** The screen of this program: standard error, with answers from standard input. */
export function openScreen(): Screen {
  const terminal = Deno.stderr.isTerminal();
  return createScreen({
    live: terminal && Deno.env.get("TERM") !== "dumb" && !Deno.env.get("CI"),
    interactive: terminal && Deno.stdin.isTerminal(),
    columns: consoleColumns,
    write: writeToStandardError,
    input: Deno.stdin.readable,
  });
}

/** Questions for a program that shows its own progress: `say` writes its lines, answers come from standard input. */
export function questionsBy(say: (text: string) => void): Questions {
  const interactive = Deno.stderr.isTerminal() && Deno.stdin.isTerminal();
  const screen = createScreen({
    live: false,
    interactive,
    columns: consoleColumns,
    write: (text) => say(text.replace(/\n$/, "")),
    input: Deno.stdin.readable,
  });
  return { interactive, columns: screen.columns, say, ask: screen.ask };
}

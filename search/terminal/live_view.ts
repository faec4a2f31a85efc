// What a person sees while a run goes on: a picture that renews itself on a terminal, plain lines elsewhere.
import { createLogUpdate } from "log-update";
import type { ShownEvent } from "../events.ts";
import { formatDuration } from "../../src/cli/format.ts";
import { renderFrame } from "./frame.ts";
import { createPlainLines } from "./plain_lines.ts";
import { initialState, nextState } from "./run_state.ts";
import { displayWidth, plainText } from "../../src/cli/text_width.ts";
import { deviceWords } from "./words.ts";

export interface ProgressOptions {
  /** "plain" for everything that is not a terminal. */
  stream: "tty" | "plain";
  write: (text: string) => void;
  /** Size of the terminal now; asked before every picture, since windows change. */
  columns: () => number;
  rows: () => number;
  /** A clock in milliseconds. */
  now: () => number;
  /** Rewards of the run are accuracies alone; false if not given. */
  isAccuracyAlone?: boolean;
}

/** Shows the events of one run. */
export interface Progress {
  handle(event: ShownEvent): void;
  /** Renews what changes with time alone. Call it a few times a second; does nothing in plain mode. */
  tick(): void;
  /** Leaves the last picture and gives the cursor back; safe to call twice, and after an error. */
  close(): void;
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const ERASE_LINE_ABOVE = "\x1b[1A\x1b[2K";
// Many events in a row (every training step of every trainer) need no picture each.
const SHORTEST_PAUSE_MS = 80;

/** A viewer of a run's events; writes through `write` alone. */
export function createProgress(options: ProgressOptions): Progress {
  if (options.stream === "plain") return { handle: createPlainLines(options), tick: () => {}, close: () => {} };
  return createLiveView(options);
}

function createLiveView(options: ProgressOptions): Progress {
  const { write, columns, rows, now } = options;
  const terminal = {
    isTTY: true,
    write,
    get columns() {
      return columns();
    },
    get rows() {
      return rows();
    },
  };
  // log-update asks nothing else of its stream. The cursor is ours, so that it can be given back at any time.
  const update = createLogUpdate(terminal as unknown as NodeJS.WriteStream, { showCursor: true });
  let state = initialState(now(), options.isAccuracyAlone);
  let shown: { lines: string[]; columns: number; atMs: number } | null = null;
  let closed = false;
  let lastWaiting = "";

  /** Takes the picture away, also where a narrower window has broken its lines into several. */
  function erase(): void {
    if (shown === null) return;
    const width = Math.max(1, columns());
    const height = shown.lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / width)), 0);
    // Line by line: clearing to the end of a screen makes some terminals keep the picture in their history.
    write(`\r${ERASE_LINE_ABOVE.repeat(Math.min(height, rows() - 1))}`);
    update.done();
    shown = null;
  }

  function draw(): void {
    // While the person is to do something, and perhaps to answer, nothing moves.
    if (closed || state.waiting !== null) return;
    if (shown === null) write(HIDE_CURSOR);
    else if (shown.columns !== columns()) erase();
    const lines = renderFrame(state, { columns: columns(), rows: rows(), nowMs: now() });
    update(lines.join("\n"));
    shown = { lines, columns: columns(), atMs: now() };
  }

  /** A line that stays, above the picture. Not wrapped here: a long URL must stay one piece to be copied. */
  function persist(message: string): void {
    erase();
    write(`${message.split("\n").map(plainText).join("\n")}\n`);
  }

  /** What a phase came to, once it is over. */
  function persistPhase(): void {
    if (state.phase === null) return;
    const { name, message, startedMs } = state.phase;
    persist(`✓ ${name.padEnd(9)} ${message} (${formatDuration((now() - startedMs) / 1000)})`);
  }

  function close(): void {
    if (closed) return;
    closed = true;
    write(SHOW_CURSOR);
  }

  return {
    handle(event) {
      if (closed) return;
      if (event.type === "phase" || (event.type === "done" && event.outcome === "complete")) persistPhase();
      if (event.type === "note") persist(event.message);
      if (event.type === "waiting" && event.message !== lastWaiting) persist(lastWaiting = event.message);
      if (event.type === "device") {
        const words = deviceWords(state, event);
        if (words) persist(words);
      }
      state = nextState(state, event, now());
      if (event.type === "done") {
        persist(`${event.outcome} after ${formatDuration(event.seconds)}: ${event.message}`);
        close();
        return;
      }
      if (shown === null || now() - shown.atMs >= SHORTEST_PAUSE_MS) draw();
    },
    tick: draw,
    close,
  };
}

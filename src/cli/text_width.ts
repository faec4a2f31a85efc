// How much room text takes in a terminal, and how to cut it there. Names of devices and runs come from outside:
// their control characters must not reach the terminal.

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const ZERO_WIDTH = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;
// East Asian Wide and Fullwidth as far as names use them, and what is drawn as an emoji.
const DOUBLE_WIDTH =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}])/u;
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const ESCAPE_CODES = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;
const CONTROLS = /[\p{Control}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return DOUBLE_WIDTH.test(grapheme) ? 2 : 1;
}

/** Text from outside without escape codes, control characters and marks that turn the writing direction. */
export function plainText(text: string): string {
  return text.replace(ESCAPE_CODES, "").replace(CONTROLS, " ");
}

/** Columns that `text` takes; it must hold no control characters. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** `text` as plain text, cut to at most `columns` columns with "…" in place of what is left out. */
export function truncateToWidth(text: string, columns: number): string {
  const plain = plainText(text);
  if (displayWidth(plain) <= columns) return plain;
  if (columns < 1) return "";
  let kept = "";
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(plain)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** `text` in lines of at most `columns`, broken between words; a longer word, for instance a link, stays in one piece. */
export function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line && displayWidth(line) + 1 + displayWidth(word) > columns) {
        lines.push(line);
        line = word;
      } else line = line ? `${line} ${word}` : word;
    }
    lines.push(line);
  }
  return lines;
}

import { assertEquals } from "@std/assert";
import { displayWidth, plainText, truncateToWidth } from "../../../src/cli/text_width.ts";

Deno.test("wide characters and emoji take two columns, combining marks none", () => {
  assertEquals(["abc", "日本", "é", "e\u0301", "📱", "👩‍💻", "한글", "│●"].map(displayWidth), [3, 4, 1, 1, 2, 2, 4, 2]);
});

Deno.test("text is cut by columns, not by characters, with a sign that it was", () => {
  assertEquals(truncateToWidth("abcdef", 6), "abcdef");
  assertEquals(truncateToWidth("abcdefg", 6), "abcde…");
  assertEquals(truncateToWidth("日本語です", 6), "日本…");
  assertEquals(truncateToWidth("abc", 0), "");
});

Deno.test("escape codes, control characters and direction marks are taken out", () => {
  assertEquals(plainText("\x1b[31mred\x1b[0m\x1b]8;;http://x\x07link\ttab\u202eevil"), "redlink tab evil");
});

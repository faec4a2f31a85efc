import { assertEquals } from "@std/assert";
import * as z from "zod";
import { headingLines, listOptions, optionLines } from "../../../src/cli/option_list.ts";

const schema = z.strictObject({
  share: z.number().min(0).lt(1).default(0.5).describe("how much"),
  kind: z.enum(["a", "b"]).default("a").describe("which"),
  path: z.union([z.literal("auto"), z.array(z.number().positive().max(8))]).default("auto").describe("the way"),
  file: z.string().min(1).optional().meta({ allowed: "the path of a file", description: "where" }),
});

Deno.test("options are listed with default and allowed values in words", () => {
  assertEquals(listOptions(schema), [
    { name: "share", description: "how much", default: 0.5, allowed: "a number, at least 0, below 1" },
    { name: "kind", description: "which", default: "a", allowed: "a, b" },
    {
      name: "path",
      description: "the way",
      default: "auto",
      allowed: '"auto" or a JSON list, each a number above 0, at most 8',
    },
    { name: "file", description: "where", default: null, allowed: "the path of a file" },
  ]);
  assertEquals(listOptions(z.strictObject({})), []);
});

Deno.test("lines of options have further columns at their end", () => {
  const lines = optionLines(listOptions(schema), 30, [{ head: "in the paper", cell: () => "3" }]);
  assertEquals(lines.slice(0, 4), [
    " share: how much",
    "     default: 0.5; allowed: a",
    "     number, at least 0, below",
    "     1; in the paper: 3",
  ]);
});

Deno.test("the heading says what it is, and where it comes from if that is known", () => {
  assertEquals(headingLines({ name: "kd", summary: "softened", paper: "1503.02531" }, 80), [
    "kd: softened (1503.02531)",
  ]);
  assertEquals(headingLines({ name: "none", summary: "labels", paper: "-" }, 80), ["none: labels"]);
});

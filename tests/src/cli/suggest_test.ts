import { assertEquals } from "@std/assert";
import { editDistance, suggest } from "../../../src/cli/suggest.ts";

Deno.test("the edit distance counts insertions, deletions, replacements and swaps", () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["abc", "abc", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["trails", "trials", 1],
    ["seed", "see", 1],
  ];
  for (const [a, b, distance] of cases) {
    assertEquals(editDistance(a, b), distance, `${a}, ${b}`);
    assertEquals(editDistance(b, a), distance, `${b}, ${a}`);
  }
});

Deno.test("the nearest candidate is suggested, whatever the case", () => {
  assertEquals(suggest("--TRAILS", ["--seed", "--trials", "--trainers"]), ' - did you mean "--trials"?');
});

Deno.test("nothing is suggested where nothing is near", () => {
  assertEquals(suggest("xyz", ["random", "ppo"]), "");
  assertEquals(suggest("anything", []), "");
});

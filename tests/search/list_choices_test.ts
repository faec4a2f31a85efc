import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { controllers, paperControllerOptions } from "../../search/controllers/table.ts";
import { choiceLines, choiceOptionLines, listedChoices } from "../../search/list_choices.ts";
import { displayWidth } from "../../src/cli/text_width.ts";
import { spaceNames } from "../../src/spaces/table.ts";

Deno.test("all controllers and spaces are listed, their options with a description each", () => {
  const all = listedChoices({});
  assertEquals(all.controllers.map(({ name }) => name).sort(), Object.keys(controllers).sort());
  assertEquals(all.spaces.map(({ name }) => name), [...spaceNames]);
  for (const { name, options } of [...all.controllers, ...all.spaces]) {
    assertEquals(options.filter(({ description }) => description === ""), [], name);
  }
});

Deno.test("what is named is listed with its options alone, those of preset paper beside the defaults", () => {
  const { controllers, spaces } = listedChoices({ controller: "ppo" });
  assertEquals([controllers.map(({ name }) => name), spaces], [["ppo"], []]);
  const inPaper = controllers[0].options.flatMap((option) =>
    option.inPaper === undefined ? [] : [[option.name, option.inPaper]]
  );
  assertEquals(Object.fromEntries(inPaper), paperControllerOptions.ppo);
  const both = listedChoices({ controller: "random", space: "growth" });
  assertEquals([both.controllers.length, both.spaces.map(({ name }) => name)], [1, ["growth"]]);
});

Deno.test("lists fit narrow windows and leave nothing out", () => {
  for (const width of [40, 80, 120]) {
    const named = listedChoices({ controller: "evolution", space: "growth" });
    const lines = [...choiceLines(listedChoices({}), width), ...choiceOptionLines(named, width)];
    for (const line of lines) assert(displayWidth(line) <= width, `${width}: ${line}`);
    const words = lines.join(" ").replace(/\s+/g, " ");
    assertStringIncludes(words, "options: population, tournament; paper: Real et al. 2018, arXiv 1802.01548");
    assertStringIncludes(words, "default: 20; allowed: a whole number from 1 to 100000; in preset paper: 100");
    assertStringIncludes(words, "resnet56, an Architecture or, in a search, a .json file with one");
  }
});

Deno.test("a controller without options is said to have none", () => {
  assertEquals(choiceOptionLines(listedChoices({ controller: "random" }), 80).at(-1), "random has no options");
});

// What every space promises.
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { tapsOf } from "../../../src/distillation/taps.ts";
import { countParameters, layoutOf } from "../../../src/ops/layout.ts";
import { architectureHash, architectureSchema } from "../../../src/schemas/architecture.ts";
import { completeSpaceOptions, createSpace, listDecisions, spaceNames, spaces } from "../../../src/spaces/table.ts";
import { legalTokens } from "./tokens.ts";

const image = { height: 28, width: 28, channels: 1, classes: 10 };

for (const name of spaceNames) {
  const space = createSpace(name, image);

  Deno.test(`${name}: encode undoes decode, with and without the tokens in the network`, () => {
    fc.assert(
      fc.property(legalTokens(space), (tokens) => {
        const network = architectureSchema.parse(space.decode(tokens));
        assertEquals(network.origin, { space: name, tokens });
        assertEquals(space.encode(network), tokens);
        const { origin: _origin, ...bare } = network;
        assertEquals(architectureHash(space.decode(space.encode(bare))), architectureHash(bare));
      }),
      { numRuns: 12 },
    );
  });

  Deno.test(`${name}: every network gives the classes and has stages and an embedding for losses on features`, () => {
    fc.assert(
      fc.property(legalTokens(space), (tokens) => {
        const network = space.decode(tokens);
        assertEquals(layoutOf(network).nodes.at(-1)?.outputShape, [image.classes]);
        const { stages, embedding } = tapsOf(network);
        assertEquals(stages.slice(0, 3).map((stage) => stage.name), ["stage1", "stage2", "stage3"]);
        assertEquals(embedding?.name, "embedding");
      }),
      { numRuns: 12 },
    );
  });

  Deno.test(`${name}: masks leave at least one choice each, and decode takes what they leave alone`, () => {
    fc.assert(
      fc.property(legalTokens(space), fc.nat(), (tokens, place) => {
        const index = place % tokens.length;
        const { choices, legal } = space.decisions[index];
        const mask = legal?.(tokens.slice(0, index)) ?? choices.map(() => true);
        assertEquals(mask.length, choices.length);
        assert(mask.includes(true));
        const masked = mask.indexOf(false);
        if (masked < 0) return;
        assertThrows(() => space.decode(tokens.with(index, masked)), RangeError, `token ${index}`);
      }),
      { numRuns: 30 },
    );
  });

  Deno.test(`${name}: decode names what is wrong with tokens`, () => {
    const zeros = space.decisions.map(() => 0);
    assertThrows(() => space.decode(zeros.slice(1)), RangeError, `${name} takes ${zeros.length} tokens`);
    assertThrows(() => space.decode(zeros.with(0, 99)), RangeError, `token 0 (${space.decisions[0].name}) is 99`);
  });

  Deno.test(`${name}: encode refuses a network of another space, and tokens that do not give the network`, () => {
    const foreign = { ...space.reference(1), classes: 4 };
    assertThrows(() => space.encode(foreign), RangeError, `not in the space ${name}`);
    const [first, second] = [1, 2].map((seed) => fc.sample(legalTokens(space), { seed, numRuns: 1 })[0]);
    assertNotEquals(first, second);
    const network = space.decode(first);
    // Other tokens may give the same network, where two layers share a block for instance.
    const found = space.encode({ ...network, origin: { space: name, tokens: second } });
    assertEquals(architectureHash(space.decode(found)), architectureHash(network));
  });

  Deno.test(`${name}: its decisions are listed as they are, without masks`, () => {
    assertEquals(listDecisions(name, image), space.decisions.map(({ name, choices }) => ({ name, choices })));
  });

  Deno.test(`${name}: a wider reference has more parameters`, () => {
    const sizes = [0.5, 1, 1.5].map((width) => countParameters(space.reference(width)));
    assertEquals(sizes, sizes.toSorted((a, b) => a - b));
    assert(sizes[0] < sizes[2]);
  });
}

Deno.test("options of spaces are completed, and unknown ones named with those that are allowed", () => {
  for (const name of spaceNames) {
    assertEquals(spaces[name].name, name);
    assertThrows(() => completeSpaceOptions(name, { depth: 3 }), RangeError, `options of ${name}: `);
  }
  assertEquals(completeSpaceOptions("mnas"), { form: "small" });
  assertEquals(completeSpaceOptions("growth"), { backbone: "auto", layers: 6 });
  assertThrows(() => completeSpaceOptions("growth", { layers: 0 }), RangeError, "layers: ");
  assertThrows(
    () => completeSpaceOptions("growth", { backbone: "vgg" }),
    RangeError,
    "backbone: expected auto, resnet8",
  );
  assertThrows(() => createSpace("mnass" as "mnas", image), RangeError, 'unknown space "mnass"');
});

Deno.test("sizes of images and classes that no network has are refused by name", () => {
  for (const name of spaceNames) {
    for (const [size, value] of [["height", 0], ["width", -3], ["channels", 1.5], ["classes", 0], ["classes", NaN]]) {
      assertThrows(() => createSpace(name, { ...image, [size]: value }), RangeError, `${size}: `);
    }
  }
});

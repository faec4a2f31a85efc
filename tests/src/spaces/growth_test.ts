import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Random } from "../../../src/data/random.ts";
import { countMemoryBytes } from "../../../src/models/deployed_size.ts";
import { countParameters, layoutOf } from "../../../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../../../src/schemas/architecture.ts";
import { growthOperations } from "../../../src/spaces/growth_network.ts";
import { growthPlaces } from "../../../src/spaces/growth_places.ts";
import { growthSizes } from "../../../src/spaces/growth_sizes.ts";
import type { SearchSpace } from "../../../src/spaces/space.ts";
import { createSpace, listDecisions } from "../../../src/spaces/table.ts";
import { drawTokens, legalTokens } from "./tokens.ts";

const cifar = { height: 32, width: 32, channels: 3, classes: 10 };
const space = createSpace("growth", { ...cifar, backbone: "resnet20", layers: 9 });
const backbone = space.reference(1);
const nothing = space.decisions.map(() => 0);
const [conv3, separable5, maxPool] = (["conv3", "separable5", "maxPool"] as const).map((name) =>
  growthOperations.indexOf(name)
);

/** Without additions and taps. */
const plain: Architecture = {
  version: 1,
  input: { height: 8, width: 8, channels: 1 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 4, activation: "relu" },
    { op: "conv", inputs: [0], kernel: 3, stride: 2, filters: 6, activation: "relu6" },
    { op: "globalAveragePool", inputs: [1] },
    { op: "dense", inputs: [2], units: 3 },
  ],
};

/** Ops from `first` on, with their inputs. */
function described({ nodes }: Architecture, first: number, last: number): string[] {
  return nodes.slice(first, last).map((node, index) => {
    const kernel = "kernel" in node ? ` ${node.kernel}/${node.stride}` : "";
    const filters = "filters" in node ? ` x${node.filters}` : "";
    return `${first + index} ${node.op}${kernel}${filters} of ${node.inputs}${node.tap ? ` as ${node.tap}` : ""}`;
  });
}

Deno.test("L layers have 7 operations and two binary choices each: 2^(2L) 7^L token sequences", () => {
  for (const layers of [1, 6, 9]) {
    const { decisions } = createSpace("growth", { ...cifar, layers });
    const size = decisions.reduce((product, { choices }) => product * choices.length, 1);
    assertEquals(size, 2 ** (2 * layers) * 7 ** layers);
  }
});

Deno.test("identities alone are the backbone, of published size", () => {
  assertEquals(architectureHash(space.decode(nothing)), architectureHash(backbone));
  assertEquals(countParameters(backbone), 269_722);
  assertEquals(space.backbone && architectureHash(space.backbone), architectureHash(backbone));
});

Deno.test("a convolution after its block reads what leaves the block, and the tap moves to the sum", () => {
  // Of the third block, which ends the first stage with node 9.
  const grown = space.decode(nothing.with(6, conv3));
  assertEquals(described(grown, 9, 13), [
    "9 add of 8,6",
    "10 conv 3/1 x16 of 9",
    "11 add of 10,9 as stage1",
    "12 conv 3/2 x32 of 11",
  ]);
  assertEquals([grown.nodes[10], grown.nodes[11]].map((node) => "activation" in node && node.activation), [
    "none",
    "relu",
  ]);
});

Deno.test("a layer beside its block reads what enters it, and strides with it", () => {
  // The fourth block halves the image.
  const grown = space.decode(nothing.with(9, separable5).with(10, 1));
  assertEquals(described(grown, 10, 18), [
    "10 conv 3/2 x32 of 9",
    "11 conv 3/1 x32 of 10",
    "12 subsample of 9",
    "13 add of 11,12",
    "14 depthwiseConv 5/2 of 9",
    "15 conv 1/1 x32 of 14",
    "16 add of 15,13",
    "17 conv 3/1 x32 of 16",
  ]);
});

Deno.test("a layer that goes onward is added to the next place of its shape as well", () => {
  const grown = space.decode(nothing.with(0, maxPool).with(2, 1));
  assertEquals(described(grown, 3, 11), [
    "3 add of 2,0",
    "4 maxPool 3/1 of 3",
    "5 conv 1/1 x16 of 4",
    "6 add of 5,3",
    "7 conv 3/1 x16 of 6",
    "8 conv 3/1 x16 of 7",
    "9 add of 8,6",
    "10 add of 5,9",
  ]);
});

Deno.test("masks: an identity connects nothing, and the last place of a shape has no next one", () => {
  const [operation, input, output] = space.decisions.slice(6, 9);
  const before = [0, 0, 0, 0, 0, 0];
  assertEquals(operation.legal?.(before), [true, true, true, true, true, true, true]);
  assertEquals(input.legal?.([...before, 0]), [true, false]);
  assertEquals(output.legal?.([...before, 0, 0]), [true, false]);
  assertEquals(input.legal?.([...before, conv3]), [true, true]);
  assertEquals(output.legal?.([...before, conv3, 1]), [true, false], "the third block ends its stage");
  assertEquals(space.decisions[5].legal?.([0, 0, 0, conv3, 0]), [true, true]);
  assertThrows(
    () => space.decode(nothing.with(1, 1)),
    RangeError,
    "token 1 (layer1.input) is 1 (beside), which is not",
  );
});

function within(space: SearchSpace, limits: { maxParameters: number; maxMemoryBytes: number }) {
  fc.assert(
    fc.property(legalTokens(space), (tokens) => {
      const network = space.decode(tokens);
      assert(countParameters(network) <= limits.maxParameters);
      assert(countMemoryBytes(network) <= limits.maxMemoryBytes);
      assert(countParameters(network) >= countParameters(space.reference(1)), "capacity only grows");
      assert(countMemoryBytes(network) >= countMemoryBytes(space.reference(1)));
    }),
    { numRuns: 25 },
  );
}

Deno.test("no legal tokens break a budget, whatever the order in which they are drawn; some layers are added", () => {
  const maxParameters = Math.round(1.15 * countParameters(backbone));
  const maxMemoryBytes = Math.round(1.1 * countMemoryBytes(backbone));
  for (const limits of [{ maxParameters }, { maxMemoryBytes }, { maxParameters, maxMemoryBytes }]) {
    const budgeted = createSpace("growth", { ...cifar, layers: 9, ...limits });
    within(budgeted, { maxParameters: Infinity, maxMemoryBytes: Infinity, ...limits });
    const grown = drawTokens(budgeted, new Random(5));
    assert(countParameters(budgeted.decode(grown)) > countParameters(backbone));
  }
  within(space, { maxParameters: Infinity, maxMemoryBytes: Infinity });
});

/** The space with the budget that `tokens` of the space without one just keep. */
function justFitting(tokens: readonly number[]): { budgeted: SearchSpace; limits: Record<string, number> } {
  const network = space.decode(tokens);
  const limits = { maxParameters: countParameters(network), maxMemoryBytes: countMemoryBytes(network) };
  return { budgeted: createSpace("growth", { ...cifar, backbone: "resnet20", layers: 9, ...limits }), limits };
}

Deno.test("an operation that fits the budget only where it reads beside its block is legal, and then reads there", () => {
  // The fourth block doubles the channels: a convolution of what enters it has half the weights.
  const tokens = nothing.with(9, conv3).with(10, 1);
  const { budgeted } = justFitting(tokens);
  const [operation, input] = budgeted.decisions.slice(9, 11);
  assertEquals(operation.legal?.(tokens.slice(0, 9))[conv3], true);
  assertEquals(input.legal?.(tokens.slice(0, 10)), [false, true]);
  budgeted.decode(tokens);
});

Deno.test("a budget forbids no network that keeps it, and allows none that does not", () => {
  fc.assert(
    fc.property(legalTokens(space), fc.nat(8), fc.nat(8), (tokens, one, other) => {
      // Two layers at most, so that the budget is tight after any of them.
      const few = tokens.map((token, index) => [one, other].includes(Math.floor(index / 3)) ? token : 0);
      const { budgeted, limits } = justFitting(few);
      for (const [index, { choices, isLegal, legal }] of budgeted.decisions.entries()) {
        const before = few.slice(0, index);
        const mask = legal?.(before) ?? [];
        assert(mask[few[index]], `token ${index} of ${few}`);
        assertEquals(choices.map((_choice, token) => isLegal?.(before, token)), [...mask]);
      }
      budgeted.decode(few);
      for (let seed = 0; seed < 3; seed++) {
        const drawn = budgeted.decode(drawTokens(budgeted, new Random(seed)));
        assert(countParameters(drawn) <= limits.maxParameters);
        assert(countMemoryBytes(drawn) <= limits.maxMemoryBytes);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("sizes by arithmetic are those of the networks, for any backbone, also where layers share blocks", () => {
  const small = { height: 28, width: 28, channels: 1, classes: 10 };
  const mobile = createSpace("mnas", small).reference(1);
  const spaces = [
    space,
    createSpace("growth", { ...cifar, backbone: "resnet32", layers: 24 }),
    createSpace("growth", { ...small, layers: 12 }),
    createSpace("growth", { ...small, layers: 5, backbone: mobile }),
    createSpace("growth", { ...small, layers: 24, backbone: mobile }),
    createSpace("growth", { ...plain.input, classes: 3, layers: 3, backbone: plain }),
  ];
  for (const grown of spaces) {
    const own = grown.reference(1);
    const sizeOf = growthSizes(own, growthPlaces(own, grown.decisions.length / 3));
    fc.assert(
      fc.property(legalTokens(grown), fc.nat(grown.decisions.length), fc.boolean(), (tokens, count, sparse) => {
        // Identities after so many layers, or in two of three places, so that the backbone's own peak counts too.
        const kept = tokens.map((token, index) => {
          const layer = Math.floor(index / 3);
          return (sparse ? layer % 3 === count % 3 : layer < count / 3) ? token : 0;
        });
        const network = grown.decode(kept);
        const expected = { parameters: countParameters(network), memoryBytes: countMemoryBytes(network) };
        assertEquals(sizeOf(kept), expected);
        assertEquals(sizeOf(kept.slice(0, kept.findLastIndex((token) => token > 0) + 1)), expected);
      }),
      { numRuns: 40 },
    );
  }
});

Deno.test("one token is judged as its mask has it, with a budget and without", () => {
  const maxParameters = Math.round(1.1 * countParameters(backbone));
  for (const grown of [space, createSpace("growth", { ...cifar, layers: 9, maxParameters })]) {
    const illegal = new Set<string>();
    fc.assert(
      fc.property(legalTokens(grown), (tokens) => {
        for (const [index, { choices, isLegal, legal, name }] of grown.decisions.entries()) {
          const before = tokens.slice(0, index);
          const judged = choices.map((_choice, token) => isLegal?.(before, token));
          assertEquals(judged, [...legal?.(before) ?? []]);
          if (judged.includes(false)) illegal.add(name.split(".")[1]);
        }
      }),
      { numRuns: 20 },
    );
    assertEquals(illegal.has("operation"), grown !== space);
    assert(illegal.has("input") && illegal.has("output"));
  }
});

Deno.test("a budget that the backbone breaks is refused with its numbers", () => {
  const tooSmall = () => createSpace("growth", { ...cifar, maxParameters: 269_721 });
  assertThrows(tooSmall, RangeError, "maxParameters: the backbone alone has 269722 parameters, allowed are 269721");
  const bytes = countMemoryBytes(backbone);
  const tooLittle = () => createSpace("growth", { ...cifar, maxMemoryBytes: bytes - 1 });
  assertThrows(tooLittle, RangeError, `maxMemoryBytes: the backbone alone has ${bytes} bytes of memory`);
  createSpace("growth", { ...cifar, maxParameters: 269_722 });
});

Deno.test("any network may be the backbone; one for other images or classes is refused", () => {
  const mobile = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 }).reference(1);
  const grown = createSpace("growth", { height: 28, width: 28, channels: 1, classes: 10, backbone: mobile });
  fc.assert(
    fc.property(legalTokens(grown), (tokens) => {
      const { origin: _origin, ...network } = grown.decode(tokens);
      layoutOf(network);
      assertEquals(architectureHash(grown.decode(grown.encode(network))), architectureHash(network));
    }),
    { numRuns: 10 },
  );
  assertThrows(
    () => createSpace("growth", { ...cifar, backbone: mobile }),
    RangeError,
    "the backbone is for 28x28x1, 10 classes; the data has 32x32x3, 10 classes",
  );
});

Deno.test("a backbone that no engine can train is refused with the node that it is for", () => {
  const gate = (input: number): Architecture["nodes"][number] => (
    { op: "squeezeExcite", inputs: [input], squeezeChannels: 2 }
  );
  const backboneOf = (gates: Architecture["nodes"]): Architecture => ({
    ...plain,
    nodes: [
      plain.nodes[0],
      ...gates,
      { op: "globalAveragePool", inputs: [gates.length] },
      { op: "dense", inputs: [gates.length + 1], units: 3 },
    ],
  });
  const create = (gates: Architecture["nodes"]) =>
    createSpace("growth", { ...plain.input, classes: plain.classes, backbone: backboneOf(gates) });
  create([gate(0)]);
  assertThrows(() => create([gate(0), gate(1)]), RangeError, "node 2: a squeezeExcite node cannot read another");
});

Deno.test("more layers than blocks share blocks; places are spread over all blocks otherwise", () => {
  const ends = (count: number) => growthPlaces(backbone, count).map(({ end }) => end);
  assertEquals(ends(9), [3, 6, 9, 13, 16, 19, 23, 26, 29]);
  assertEquals(ends(3), [9, 19, 29]);
  assertEquals(ends(1), [29]);
  assertEquals(ends(12).length, 12);
  assertEquals(new Set(ends(12)).size, 9);
});

Deno.test("a network without additions and taps grows after any layer that all later ones read", () => {
  assertEquals(growthPlaces(plain, 2), [
    { end: 0, start: -1, stride: 1, shape: [8, 8, 4], activation: "relu" },
    { end: 1, start: 0, stride: 2, shape: [4, 4, 6], activation: "relu6" },
  ]);
  const withoutImages: Architecture = {
    ...plain,
    nodes: [{ op: "globalAveragePool", inputs: [-1] }, { op: "dense", inputs: [0], units: 3 }],
  };
  assertThrows(() => growthPlaces(withoutImages, 2), RangeError, "no feature map");
});

Deno.test("encode finds the layers of a network that came without tokens, also where several share a block", () => {
  const crowded = createSpace("growth", { height: 28, width: 28, channels: 1, classes: 10, layers: 12 });
  for (let seed = 0; seed < 5; seed++) {
    const tokens = drawTokens(crowded, new Random(seed));
    const { origin: _origin, ...network } = crowded.decode(tokens);
    assertEquals(architectureHash(crowded.decode(crowded.encode(network))), architectureHash(network));
  }
});

Deno.test("decisions are listed where the backbone is in a file", () => {
  const listed = listDecisions("growth", { ...cifar, layers: 9, weights: "backbone.safetensors", maxParameters: 5 });
  assertEquals(listed.map(({ name }) => name), space.decisions.map(({ name }) => name));
});

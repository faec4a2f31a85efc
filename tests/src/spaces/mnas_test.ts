import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { countMultiplyAdds, countParameters, layoutOf } from "../../../src/ops/layout.ts";
import { architectureHash, architectureSchema } from "../../../src/schemas/architecture.ts";
import { mobileNetwork, parseBlocks, scaleChannels } from "../../../src/spaces/mobile_blocks.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const imagenet = { height: 224, width: 224, channels: 3, classes: 1000 };
const frame = { stemFilters: 32, headFilters: 1280, activation: "relu" } as const;

function published(blocks: string) {
  return mobileNetwork(parseBlocks(blocks.split(" · "), 32), frame, imagenet);
}

const a1 = published(
  "r1k3s1e1i32o16 noskip · r2k3s2e6i16o24 · r3k5s2e3i24o40 se.25 · r4k3s2e6i40o80 · r2k3s1e6i80o112 se.25 · " +
    "r3k5s2e6i112o160 se.25 · r1k3s1e6i160o320",
);
const b1 = published(
  "r1k3s1e1i32o16 noskip · r3k3s2e3i16o24 · r3k5s2e3i24o40 · r3k5s2e6i40o80 · r2k3s1e6i80o96 · r4k5s2e6i96o192 · " +
    "r1k3s1e6i192o320 noskip",
);

Deno.test("the published networks have the published parameters and multiply-adds", () => {
  const mobileNetV2 = createSpace("mnas", { ...imagenet, form: "imagenet" }).reference(1);
  assertEquals([b1, a1, mobileNetV2].map(countParameters), [4_383_312, 3_887_038, 3_504_872]);
  const millions = [b1, a1, mobileNetV2].map((network) => (countMultiplyAdds(network) / 1e6).toFixed(1));
  assertEquals(millions, ["314.4", "311.6", "300.8"]);
});

const small = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });
const large = createSpace("mnas", { ...imagenet, form: "imagenet" });
const tokensOf = (space: typeof small) =>
  fc.tuple(...space.decisions.map(({ choices }) => fc.integer({ min: 0, max: choices.length - 1 })));

Deno.test("the space has 432 sub-spaces per block and seven blocks", () => {
  assertEquals(small.decisions.length, 42);
  const perBlock = small.decisions.slice(0, 6).reduce((product, { choices }) => product * choices.length, 1);
  assertEquals(perBlock, 432);
});

for (const [form, space] of [["small", small], ["imagenet", large]] as const) {
  Deno.test(`encode undoes decode in the ${form} form`, () => {
    fc.assert(fc.property(tokensOf(space), (tokens) => assertEquals(space.encode(space.decode(tokens)), tokens)), {
      numRuns: 30,
    });
  });

  Deno.test(`decode undoes encode in the ${form} form, also for networks that do not carry their tokens`, () => {
    fc.assert(
      fc.property(tokensOf(space), (tokens) => {
        const { origin: _origin, ...network } = space.decode(tokens);
        assertEquals(architectureHash(space.decode(space.encode(network))), architectureHash(network));
      }),
      { numRuns: 15 },
    );
  });
}

Deno.test("encode finds the tokens again after a round trip through JSON with other key order", () => {
  const tokens = small.decisions.map(({ choices }) => choices.length - 1);
  const { origin: _origin, ...network } = small.decode(tokens);
  const reordered = {
    ...network,
    nodes: network.nodes.map((node) => Object.fromEntries(Object.entries(node).reverse())),
  };
  assertEquals(small.encode(architectureSchema.parse(reordered)), tokens);
});

Deno.test("encode does not trust tokens that do not give the network", () => {
  const first = small.decode(small.decisions.map(() => 0));
  const second = small.decode(small.decisions.map(() => 1));
  assertEquals(small.encode({ ...first, origin: second.origin }), small.decisions.map(() => 0));
});

Deno.test("encode rejects a network outside the space", () => {
  assertThrows(() => large.encode(a1), RangeError, "not in the space");
});

Deno.test("decode names the token that is out of range", () => {
  const tokens = small.decisions.map(() => 0);
  tokens[8] = 7;
  assertThrows(() => small.decode(tokens), RangeError, "token 8 (block2.seRatio) is 7; allowed are 0 to 1");
  assertThrows(() => small.decode([1, 2]), RangeError, "42 tokens, got 2");
});

Deno.test("every decision changes the network where its block is large enough to show it", () => {
  const base = small.decisions.map(() => 1);
  for (const index of small.decisions.keys()) {
    const changed = base.with(index, 0);
    assert(
      architectureHash(small.decode(changed)) !== architectureHash(small.decode(base)) ||
        small.decisions[index].name.match(/layerDelta|skip/),
      small.decisions[index].name,
    );
  }
});

Deno.test("stage ends and the embedding are tapped", () => {
  const taps = small.decode(small.decisions.map(() => 0)).nodes.flatMap(({ tap }) => tap ?? []);
  assertEquals(taps, ["stage1", "stage2", "stage3", "stage4", "stage5", "stage6", "stage7", "embedding"]);
});

Deno.test("channels round to the divisor, never below nine tenths", () => {
  assertEquals([16, 24, 32, 11].map((channels) => scaleChannels(channels, 0.75, 8)), [16, 24, 24, 8]);
  assertEquals(scaleChannels(12, 0.75, 4), 12);
});

Deno.test("a block that cannot be read is quoted", () => {
  assertThrows(() => parseBlocks(["r1k3s1e1i32o16", "r1k3s4e1i16o16"], 32), RangeError, "r1k3s4e1i16o16");
  assertThrows(() => parseBlocks(["r1k3s1e1i16o16"], 32), RangeError, "takes 16 channels, but gets 32");
});

Deno.test("a layout names the node whose inputs do not fit", () => {
  const network = small.reference(1);
  const broken = { ...network, nodes: [...network.nodes, { op: "globalAveragePool" as const, inputs: [43] }] };
  assertThrows(() => layoutOf(broken), RangeError, "node 44: globalAveragePool takes one input");
  const ahead = { ...network, nodes: [{ ...network.nodes[0], inputs: [3] }, ...network.nodes.slice(1)] };
  assertThrows(() => layoutOf(ahead), RangeError, "node 0 (conv) reads node 3");
});

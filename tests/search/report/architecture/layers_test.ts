import { assert, assertEquals } from "@std/assert";
import { parseHTML } from "linkedom";
import { drawArchitecture, DRAWING_PX, mostChannels } from "../../../../search/report/architecture/drawing.ts";
import { layersOf } from "../../../../search/report/architecture/layers.ts";
import { cifarResnet } from "../../../../src/models/cifar_resnet.ts";
import type { Architecture } from "../../../../src/schemas/architecture.ts";
import { createSpace, spaceNames } from "../../../../src/spaces/table.ts";

const io = { height: 28, width: 28, channels: 1, classes: 10 };

function lines(architecture: Architecture): string[] {
  return layersOf(architecture).map(({ channels, height, label, repeats, skip, squeezeExcite }) =>
    [repeats, label, squeezeExcite ? "SE" : "", skip, height ?? "", channels].join(" ").replace(/ +/g, " ")
  );
}

Deno.test("a ResNet is told by its blocks, a first block that strides apart from those it precedes", () => {
  assertEquals(lines(cifarResnet({ depth: 20 })), [
    "1 conv 3×3 none 32 16",
    "3 conv 3×3 + 3×3 identity 32 16",
    "1 conv 3×3 + 3×3 projected 16 32",
    "2 conv 3×3 + 3×3 identity 16 32",
    "1 conv 3×3 + 3×3 projected 8 64",
    "2 conv 3×3 + 3×3 identity 8 64",
    "1 global average pool none 64",
    "1 classifier none 10",
  ]);
});

Deno.test("blocks of mobile networks are one line each, with operation, kernel, skip, SE and depth", () => {
  const space = createSpace("mnas", io);
  const block = (...choices: (string | number)[]) =>
    choices.map((choice, i) => space.decisions[i].choices.findIndex((one) => one === choice));
  const tokens = [
    ...block("dconv", 3, 0, "none", 1, 0),
    ...block("mbconv6", 5, 0.25, "identity", 1, 0),
    ...block("mbconv3", 3, 0, "pool", 1, 1),
    ...block("conv", 5, 0, "identity", 1, 0),
    ...block("mbconv6", 3, 0, "none", 1, 0),
    ...block("dconv", 5, 0.25, "identity", 1, -1),
    ...block("mbconv6", 3, 0, "identity", 1.25, -1),
  ];
  assertEquals(lines(space.decode(tokens)), [
    "1 conv 3×3 none 14 16",
    "1 separable 3×3 none 7 16",
    "2 MBConv6 5×5 SE identity 7 16",
    "3 MBConv3 3×3 pooled 7 16",
    "2 conv 5×5 identity 4 24",
    "1 MBConv6 3×3 none 4 24",
    "1 separable 5×5 SE none 4 32",
    "1 MBConv6 3×3 none 4 40",
    "1 conv 1×1 none 4 96",
    "1 global average pool none 96",
    "1 classifier none 10",
  ]);
});

Deno.test("layers beside one another are named apart, and not taken for a shortcut", () => {
  const conv = { op: "conv", kernel: 3, stride: 1, filters: 8, activation: "relu" } as const;
  const architecture: Architecture = {
    version: 1,
    input: { height: 8, width: 8, channels: 3 },
    classes: 2,
    nodes: [
      { ...conv, inputs: [-1] },
      { ...conv, inputs: [0] },
      { ...conv, inputs: [1] },
      { op: "maxPool", inputs: [0], kernel: 3, stride: 1 },
      { op: "add", inputs: [3, 2] },
      { op: "globalAveragePool", inputs: [4] },
      { op: "dense", inputs: [5], units: 2 },
    ],
  };
  assertEquals(lines(architecture).slice(0, 2), ["1 conv 3×3 none 8 8", "1 conv 3×3 + 3×3, max pool 3×3 none 8 8"]);
});

Deno.test("the networks of every space can be drawn: a bar per layer within the width, every line of words once", () => {
  for (const name of spaceNames) {
    const space = createSpace(name, io);
    const tokens: number[] = [];
    for (const { choices, legal } of space.decisions) {
      const allowed = legal?.(tokens) ?? choices.map(() => true);
      tokens.push(allowed.lastIndexOf(true));
    }
    const architecture = space.decode(tokens);
    const { height, markup } = drawArchitecture(architecture, mostChannels(architecture));
    const { document } = parseHTML(`<svg>${markup}</svg>`);
    const layers = layersOf(architecture);
    const bars = [...document.querySelectorAll("rect.layer")];
    assertEquals(bars.length, layers.reduce((sum, { repeats }) => sum + Math.min(6, repeats), 0), name);
    for (const bar of bars) {
      const [x, y, width] = ["x", "y", "width"].map((key) => Number(bar.getAttribute(key)));
      assert(x >= 0 && x + width <= DRAWING_PX && y >= 0 && y < height, name);
    }
    assertEquals(
      document.querySelectorAll("path.skip").length,
      layers.filter(({ skip }) => skip !== "none").length,
      name,
    );
    assert(!markup.includes("NaN"), name);
  }
});

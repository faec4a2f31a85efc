import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { noisyArchitecture, survivalRates } from "../../../src/models/noise.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { scaleWidth } from "../../../src/models/width.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import type { NodeOf } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const io = { height: 8, width: 8, channels: 1, classes: 3 };
const teacher = teacherArchitecture(io);
const space = createSpace("mnas", io);

Deno.test("survival falls linearly from 1 at the input to 0.8 at the last branch", () => {
  const rates = survivalRates(4, 0.8);
  for (const [index, rate] of [0.95, 0.9, 0.85, 0.8].entries()) assertAlmostEquals(rates[index], rate, 1e-12);
  assertEquals(survivalRates(3, 1), [1, 1, 1]);
});

Deno.test("noise leaves every weight in its place", () => {
  for (const architecture of [teacher, space.reference(1)]) {
    const noisy = noisyArchitecture(architecture, { dropout: 0.5, survival: 0.8 });
    assertEquals(initialiseWeights(noisy, 1), initialiseWeights(architecture, 1));
    assertEquals(noisy.nodes.at(-2), { op: "dropout", inputs: [architecture.nodes.length - 2], rate: 0.5 });
    const adds = noisy.nodes.filter((node): node is NodeOf<"add"> => node.op === "add");
    assertAlmostEquals(adds.at(-1)?.dropRate ?? 0, 0.2, 1e-12);
    // A second time changes the rates alone.
    assertEquals(noisyArchitecture(noisy, { dropout: 0.5, survival: 0.8 }), noisy);
  }
  assertThrows(() => noisyArchitecture(teacher, { dropout: 1, survival: 1 }), RangeError, "dropout");
  assertThrows(() => noisyArchitecture(teacher, { dropout: 0, survival: 0 }), RangeError, "survival");
});

Deno.test("any network of the space can be made wider or narrower", () => {
  for (let shift = 0; shift < 8; shift++) {
    const network = space.decode(space.decisions.map(({ choices }, index) => (index * 7 + shift) % choices.length));
    for (const factor of [0.3, 0.8, 1.7]) {
      const { nodes } = layoutOf(scaleWidth(network, factor));
      for (const [index, { outputShape }] of layoutOf(network).nodes.slice(0, -1).entries()) {
        const channels = outputShape.at(-1) ?? 0;
        if (channels === 1) continue;
        assertEquals(nodes[index].outputShape.at(-1), Math.max(1, Math.round(channels * factor)));
      }
    }
    assertEquals(scaleWidth(network, 1), network);
  }
  assertThrows(() => scaleWidth(teacher, 0), RangeError, "factor above 0");
});

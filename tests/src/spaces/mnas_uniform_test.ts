import { assert, assertEquals, assertThrows } from "@std/assert";
import { architectureHash } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const image = { height: 28, width: 28, channels: 1, classes: 10 };
const mnas = createSpace("mnas", image);
const uniform = createSpace("mnas-uniform", image);

Deno.test("a uniform network is that of mnas with one block's choices in all seven", () => {
  assertEquals(uniform.decisions.map(({ name }) => name), [
    "convOp",
    "kernel",
    "seRatio",
    "skip",
    "filterMultiplier",
    "layerDelta",
  ]);
  const tokens = [2, 1, 1, 0, 2, 0];
  const same = mnas.decode(Array(7).fill(tokens).flat());
  assertEquals(architectureHash(uniform.decode(tokens)), architectureHash(same));
  assertEquals(architectureHash(uniform.reference(0.75)), architectureHash(mnas.reference(0.75)));
});

Deno.test("it has 432 token sequences, and hardly fewer networks", () => {
  const networks = new Set<string>();
  const size = uniform.decisions.reduce((product, { choices }) => product * choices.length, 1);
  for (let number = 0; number < size; number++) {
    let rest = number;
    const tokens = uniform.decisions.map(({ choices }) => {
      const token = rest % choices.length;
      rest = Math.floor(rest / choices.length);
      return token;
    });
    networks.add(architectureHash(uniform.decode(tokens)));
  }
  assertEquals(size, 432);
  assert(networks.size > 400, `${networks.size}`);
});

Deno.test("a network whose blocks differ is not in it", () => {
  const mixed = mnas.decode(mnas.decisions.map((_, index) => index === 0 ? 0 : 1));
  assertThrows(() => uniform.encode(mixed), RangeError, "not in the space mnas-uniform");
});

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { openSpace, requireBackboneWithin } from "../../search/open_space.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { encodeSafetensors } from "../../src/export/safetensors.ts";
import { inheritWeights } from "../../src/models/inherit.ts";
import { initialiseWeights } from "../../src/models/weights.ts";
import { countParameters } from "../../src/ops/layout.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { createSpace } from "../../src/spaces/table.ts";
import { encodeTensors, floatTensor, inFolder } from "../src/teachers/fixtures.ts";
import { torchResnet } from "../src/teachers/torch_resnet.ts";

const colour = { height: 32, width: 32, channels: 3, classes: 3 };
const grey = { height: 28, width: 28, channels: 1, classes: 10 };

Deno.test("published weights are the backbone, and students inherit all of them", () =>
  inFolder(async (folder) => {
    const weights = `${folder}/resnet8.safetensors`;
    await Deno.writeFile(weights, torchResnet({ channels: 3 }).file);
    const space = await openSpace("growth", { ...colour, weights, backbone: "resnet8", layers: 3 });
    assert(space.backbone && space.backboneWeights);
    const parent = { architecture: space.backbone, weights: space.backboneWeights };
    const child = space.decode([1, 0, 0, 3, 1, 0, 0, 0, 0]);
    const { inherited } = inheritWeights(parent, child, 1);
    assertEquals(Math.round(inherited * countParameters(child)), countParameters(space.backbone));
    const wrong = () => openSpace("growth", { ...colour, weights, backbone: "resnet20" });
    await assertRejects(wrong, RangeError, "its tensors are those of resnet8, not of resnet20");
    const otherImages = () => openSpace("growth", { ...grey, weights });
    await assertRejects(otherImages, RangeError, "the backbone is for 32x32x3");
  }));

Deno.test("a checkpoint is the backbone; for other classes all but its last layer is kept", () =>
  inFolder(async (folder) => {
    const architecture = createSpace("growth", { ...grey, backbone: "resnet14" }).reference(1);
    const known = initialiseWeights(architecture, 3);
    const weights = `${folder}/checkpoint.safetensors`;
    await Deno.writeFile(weights, encodeSafetensors(architecture, known));
    for (const backbone of ["resnet14", "auto"]) {
      const space = await openSpace("growth", { ...grey, weights, backbone });
      assertEquals([space.backbone, space.backboneWeights], [architecture, known]);
    }
    const { backbone, backboneWeights } = await openSpace("growth", { ...grey, classes: 4, weights });
    assertEquals([backbone?.classes, backbone?.nodes.at(-1)], [4, { op: "dense", inputs: [21], units: 4 }]);
    const body = countParameters(architecture) - (64 + 1) * 10;
    assertEquals(backboneWeights?.parameters.slice(0, body), known.parameters.slice(0, body));
    assertEquals(backboneWeights?.parameters.length, body + (64 + 1) * 4);
    const wrong = () => openSpace("growth", { ...grey, weights, backbone: "resnet8" });
    await assertRejects(wrong, RangeError, "checkpoint.safetensors is another network than resnet8");
    const twice = () => openSpace("growth", { ...grey, weights, backbone: architecture });
    await assertRejects(twice, RangeError, "holds its network");
  }));

Deno.test("files that are no networks, or hold values that are no numbers, are named", () =>
  inFolder(async (folder) => {
    const weights = `${folder}/table.safetensors`;
    await Deno.writeFile(weights, encodeTensors({ logits: floatTensor([2, 3], [1, 2, 3, 4, 5, 6]) }));
    await assertRejects(() => openSpace("growth", { ...grey, weights }), RangeError, "table.safetensors: its tensors");
    const missing = () => openSpace("growth", { ...grey, weights: `${folder}/nowhere` });
    await assertRejects(missing, RangeError, `weights: cannot read ${folder}/nowhere: `);
    const architecture = createSpace("growth", grey).reference(1);
    const broken = initialiseWeights(architecture, 3);
    broken.parameters[5] = NaN;
    await Deno.writeFile(weights, encodeSafetensors(architecture, broken));
    await assertRejects(
      () => openSpace("growth", { ...grey, weights }),
      RangeError,
      "value 5 of its parameters is NaN",
    );
  }));

Deno.test("other spaces, and growth without weights, open as they are made", async () => {
  assertEquals((await openSpace("mnas", grey)).decisions.length, 42);
  const space = await openSpace("growth", { ...grey, layers: 2 });
  assertEquals([space.decisions.length, space.backboneWeights], [6, undefined]);
  assertThrows(() => createSpace("growth", { ...grey, weights: "file" }), RangeError, "is opened by searches");
});

Deno.test("a backbone beyond the size limits is refused, since its students only grow", async () => {
  const space = await openSpace("growth", { ...grey, backbone: "resnet8" });
  const config = (limits: Record<string, unknown>) =>
    resolveRunConfig(searchOptionsSchema.parse({ space: "growth", ...limits }), { cores: 1 });
  requireBackboneWithin(config({}), space);
  requireBackboneWithin(config({ maxMemoryBytes: 10_000_000, maxParameters: 1_000_000 }), space);
  const words = "--space growth: no student can keep the limits, the backbone alone has ";
  for (const limit of ["maxMemoryBytes", "maxParameters", "maxMultiplyAdds", "maxDownloadBytes"]) {
    const error = assertThrows(
      () => requireBackboneWithin(config({ [limit]: 1000 }), space),
      UsageError,
      words,
    ) as Error;
    assertMatch(error.message, /has \d+ .+, more than 1000$/);
  }
  requireBackboneWithin(config({ maxParameters: 1 }), await openSpace("mnas", grey));
});

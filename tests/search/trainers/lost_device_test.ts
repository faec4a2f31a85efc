import { assert, assertEquals, assertMatch } from "@std/assert";
import { testWith } from "../../require.ts";
import { lostDeviceOutcomes } from "./lost_device_process.ts";

await testWith({
  name: "a training is done again, or told to be lost, at whatever moment the device goes",
  needs: "vulkan",
  fn: async () => {
    const outcomes = await lostDeviceOutcomes();
    for (const outcome of outcomes) {
      assertMatch(outcome, /^(job \d+: trained, [12] engines|tfjs loss \d+: (lost|trained))$/);
    }
    const count = (what: RegExp) => outcomes.filter((outcome) => what.test(outcome)).length;
    assertEquals([count(/^job/), count(/^tfjs/)], [32, 16]);
    // Else the moments are all after the end.
    assert(count(/2 engines$/) >= 10 && count(/lost$/) >= 6, outcomes.join("\n"));
  },
});

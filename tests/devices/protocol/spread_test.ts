import { assertAlmostEquals, assertEquals } from "@std/assert";
import { profiles } from "../../../devices/protocol/profiles.ts";
import { estimateRatio } from "../../../devices/protocol/ratio.ts";
import { medianPrior, ratioPriors, widestHalfWidth } from "../../../devices/protocol/spread.ts";
import { runtimeSchema } from "../../../src/schemas/measurement.ts";

Deno.test("quiet loads that agree are never wide, on any runtime and in any profile", () => {
  for (const runtime of runtimeSchema.options) {
    for (const { loads, widestHalfWidth: asked } of Object.values(profiles)) {
      const rounds = {
        candidateMs: new Array(200).fill(4),
        smallMs: new Array(200).fill(1),
        largeMs: new Array(200).fill(9),
      };
      const { low, high } = estimateRatio(Array.from({ length: loads }, () => rounds), { prior: ratioPriors[runtime] });
      const half = Math.log(high / low) / 2;
      const widest = widestHalfWidth(asked, runtime, loads);
      assertEquals(
        [half < widest, widest < asked * 1.6],
        [true, true],
        `${runtime}, ${loads} loads: ${half}, ${widest}`,
      );
    }
  }
});

Deno.test("what is expected of the spread between loads is what the protocol says", () => {
  assertEquals([ratioPriors["tfjs-wasm"].deviation, ratioPriors["tfjs-webgpu"].deviation], [0.01, 0.015]);
  assertEquals(medianPrior.deviation, 0.03);
  // 2.776 is Student's t with the 4 degrees of freedom that the expectation counts for.
  assertAlmostEquals(widestHalfWidth(0, "tfjs-webgpu", 1), 1.25 * 2.776 * 0.015, 1e-12);
});

Deno.test("the spread within loads is not counted as one between them", () => {
  const prior = { deviation: 0.001, degreesOfFreedom: 4 };
  let state = 1;
  const noise = () => ((state = (state * 48271) % 2147483647) / 2147483647 - 0.5) * 0.4;
  const loads = Array.from({ length: 20 }, () => ({
    candidateMs: Array.from({ length: 140 }, () => Math.exp(noise())),
    smallMs: new Array(140).fill(1),
    largeMs: new Array(140).fill(9),
  }));
  const { low, high, blockHalfWidth } = estimateRatio(loads, { prior });
  const half = Math.log(high / low) / 2;
  assertEquals(half < 1.2 * blockHalfWidth, true, `${half} beside ${blockHalfWidth} of blocks alone`);
});

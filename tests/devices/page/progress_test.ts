import { assert, assertEquals } from "@std/assert";
import { phaseOf, sentence, statusOf } from "../../../devices/page/activity.ts";
import { createLoadProgress } from "../../../devices/page/progress.ts";
import { profiles } from "../../../devices/protocol/profiles.ts";
import { fakeRequest } from "./fake_request.ts";

Deno.test("what a load says of itself becomes one of four phases", () => {
  assertEquals(phaseOf("loading tfjs-wasm"), "preparing");
  assertEquals(phaseOf("building network 1 of 3"), "preparing");
  assertEquals(phaseOf("warming up"), "warming up");
  assertEquals(phaseOf("310 rounds"), "timing");
  assertEquals(phaseOf("checking the outputs"), "timing");
  assertEquals(phaseOf("cooling down 28 s"), "cooling down");
});

Deno.test("the headline stays while numbers run, so that it is read aloud once", () => {
  const request = fakeRequest({ candidates: 2, load: 1 });
  const [before, after] = ["310 rounds", "620 rounds"].map((activity) => statusOf(activity, request));
  assertEquals(before, { tone: "busy", headline: "Timing 2 networks, part 2 of 3", detail: "310 rounds." });
  assertEquals(after.headline, before.headline);
  assertEquals(statusOf("cooling down 28 s", request).tone, "paused");
  assertEquals(statusOf("warming up", fakeRequest({ loads: 1 })).headline, "Warming up");
  // More loads than planned, after some did not count.
  assertEquals(statusOf("warming up", fakeRequest({ load: 4 })).headline, "Warming up, part 3 of 3");
});

Deno.test("sentences begin with a capital letter and end with one full stop", () => {
  assertEquals(sentence("the page was hidden"), "The page was hidden.");
  assertEquals(sentence("Done."), "Done.");
  assertEquals(sentence(" "), "");
});

Deno.test("progress follows the clock through a session, never falls and is not over before its end", () => {
  for (const profile of ["fast", "standard", "certified"] as const) {
    const { warmUp, stop } = profiles[profile];
    let last = 0;
    for (let load = 0; load < 3; load++) {
      let nowMs = 0;
      const progress = createLoadProgress(fakeRequest({ profile, load }), () => nowMs);
      const pass = (ms: number) => {
        for (let step = 0; step < 10; step++) {
          nowMs += ms / 10;
          const fraction = progress.fraction();
          assert(fraction >= last && fraction < (load + 1) / 3, `${fraction} after ${last} in load ${load}`);
          last = fraction;
        }
      };
      pass(2000);
      progress.enter("warming up");
      pass(warmUp.minimumMs);
      progress.enter("timing");
      const begun = last;
      pass(stop.minimumMs);
      assert(last - begun > 0.15, `${last - begun} in the timing of ${profile}`);
      // A pause, the warm-up after it, and more rounds than planned.
      progress.enter("warming up");
      pass(warmUp.maximumMs);
      progress.enter("timing");
      pass(stop.maximumMs * 3);
    }
    assert(last > 0.98);
  }
});

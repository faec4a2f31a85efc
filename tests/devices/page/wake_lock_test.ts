import { assertEquals } from "@std/assert";
import { createScreenKeeper, type WakeLockState } from "../../../devices/page/wake_lock.ts";

function fakePage() {
  return Object.assign(new EventTarget(), { hidden: false }) as unknown as Document & { hidden: boolean };
}

function fakeSentinel() {
  const sentinel = new EventTarget() as WakeLockSentinel;
  sentinel.release = () => {
    sentinel.dispatchEvent(new Event("release"));
    return Promise.resolve();
  };
  return sentinel;
}

Deno.test("the screen is kept on, let go with the page and taken again with it", async () => {
  const page = fakePage();
  const states: WakeLockState[] = [];
  const given: WakeLockSentinel[] = [];
  const wakeLock = {
    request: () => {
      given.push(fakeSentinel());
      return Promise.resolve(given.at(-1)!);
    },
  };
  const keeper = createScreenKeeper({ wakeLock, page, onChange: (state) => states.push(state) });
  assertEquals(keeper.state, "refused");
  await Promise.all([keeper.keepAwake(), keeper.keepAwake()]);
  assertEquals([keeper.state, given.length], ["held", 1]);
  // The browser takes it away as the page is hidden.
  page.hidden = true;
  given[0].dispatchEvent(new Event("release"));
  page.dispatchEvent(new Event("visibilitychange"));
  assertEquals(keeper.state, "refused");
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([keeper.state, given.length], ["held", 2]);
  assertEquals(states, ["held", "refused", "held"]);
  keeper.letGo();
  page.dispatchEvent(new Event("visibilitychange"));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(given.length, 2);
});

Deno.test("a browser that refuses is asked again by a tap", async () => {
  let tapped = false;
  const wakeLock = {
    request: () => tapped ? Promise.resolve(fakeSentinel()) : Promise.reject(new DOMException("no", "NotAllowedError")),
  };
  const keeper = createScreenKeeper({ wakeLock, page: fakePage(), onChange: () => {} });
  await keeper.keepAwake();
  assertEquals(keeper.state, "refused");
  tapped = true;
  await keeper.keepAwake();
  assertEquals(keeper.state, "held");
});

Deno.test("a browser without wake locks is said to have none", async () => {
  const states: WakeLockState[] = [];
  const keeper = createScreenKeeper({ wakeLock: undefined, page: fakePage(), onChange: (state) => states.push(state) });
  await keeper.keepAwake();
  assertEquals([keeper.state, states], ["absent", ["absent"]]);
});

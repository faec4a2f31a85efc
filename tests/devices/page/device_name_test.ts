import { assert, assertEquals } from "@std/assert";
import { nameFrom, proposedName } from "../../../devices/page/device_name.ts";
import { deviceNamePattern } from "../../../devices/protocol/wire.ts";

const agents: Record<string, string> = {
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1":
    "iphone-safari",
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":
    "android-phone-chrome",
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Safari/537.36":
    "android-tablet-samsung",
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "linux-firefox",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0":
    "windows-edge",
  "something new": "device-browser",
};

Deno.test("a browser proposes a name by what it is", () => {
  for (const [agent, name] of Object.entries(agents)) {
    assertEquals(proposedName(agent), name);
    assert(deviceNamePattern.test(proposedName(agent)));
  }
});

Deno.test("what a person types becomes a name that can be", () => {
  assertEquals(nameFrom("My Phone!"), "my-phone");
  assertEquals(nameFrom("  Pixel 8 (Zoë)  "), "pixel-8-zoe");
  assertEquals(nameFrom("a".repeat(31) + " b"), "a".repeat(31));
  assertEquals(nameFrom(" ?! "), undefined);
  assertEquals(nameFrom(""), undefined);
});

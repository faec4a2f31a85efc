import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { sampleRequest } from "../../../bench/device_server/sample_load.ts";
import { DeviceGoneError } from "../../../devices/device.ts";
import { type Hub, TooManyLinksError } from "../../../devices/hub.ts";
import { attachHub } from "../../../devices/hub_client/remote_hub.ts";
import { readLines } from "../../../devices/lines.ts";
import { openHub } from "../../../devices/open_hub.ts";
import { readControlFile } from "../../../devices/server/hub_lock.ts";
import { openLink, pairPhone, parts, withFolder } from "./hub_fixture.ts";
import { measured, someRounds } from "./server_fixture.ts";

const files = new Map<string, string>();
const waitMs = 20_000;

async function ok(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  assertEquals([response.status, await response.json().then(({ error }) => error)], [200, undefined]);
}

Deno.test("the first program serves, the next one shares it: pairing, loads, revocation", () =>
  withFolder(async (dataDir) => {
    const served = await openHub({ dataDir, port: 0 }, parts);
    const lines: string[] = [];
    const shared = await openHub({ dataDir, log: (line) => lines.push(line) }, parts);
    try {
      assertEquals([shared.url, shared.lan], [served.url, false]);
      assertMatch(lines.join(), /^the probe page is served by process \d+, at http:\/\/127\.0\.0\.1:\d+\/$/);
      for (const hub of [served, shared]) {
        const device = await pairPhone(hub);
        const told: string[] = [];
        const wanted = hub.runLoad("phone", sampleRequest(1), { files, waitMs, onActivity: (line) => told.push(line) });
        const lease = await device.lease();
        await ok(device.sendChunk(lease, { sequence: 0, rounds: someRounds }));
        await ok(device.sendReport(lease, { chunks: 1, outcome: measured(someRounds.length) }));
        assertEquals(await wanted, { report: measured(someRounds.length).report, rounds: someRounds });
        assert(told.length > 0);
        assertEquals((await hub.devices()).map(({ name, presence }) => [name, presence]), [["phone", "ready"]]);
        await assertRejects(() => hub.pair({ name: "No" }), RangeError, 'device name "No" is not allowed');
        await assertRejects(
          () => hub.runLoad("tablet", sampleRequest(1), { files, waitMs }),
          DeviceGoneError,
          "not paired",
        );
        const failing = assertRejects(
          () => hub.runLoad("phone", sampleRequest(2), { files, waitMs }),
          Error,
          'device "phone": no such backend',
        );
        const failed = { outcome: "failed" as const, reason: "no such backend", retry: false };
        await ok(device.sendReport(await device.lease(), { chunks: 0, outcome: failed }));
        await failing;
        const controller = new AbortController();
        const { signal } = controller;
        const aborted = assertRejects(
          () => hub.runLoad("phone", sampleRequest(3), { files, waitMs, signal }),
          Error,
          "enough",
        );
        controller.abort(new Error("enough"));
        await aborted;
        const ended = assertRejects(
          () => hub.runLoad("phone", sampleRequest(4), { files, waitMs }),
          DeviceGoneError,
          "its pairing was ended",
        );
        await device.lease();
        assertEquals([await hub.revoke("phone"), await hub.revoke("phone")], [true, false]);
        await ended;
        assertEquals(await hub.devices(), []);
      }
    } finally {
      await shared.close();
      await served.close();
      await served.close();
    }
  }));

Deno.test("a link that nobody used can be withdrawn, and one that is withdrawn pairs nobody", () =>
  withFolder(async (dataDir) => {
    const served = await openHub({ dataDir, port: 0 }, parts);
    const shared = await openHub({ dataDir }, parts);
    try {
      for (const hub of [served, shared]) {
        const pairing = await hub.pair();
        const next = pairing.next();
        await pairing.refuse();
        assertEquals([await next, await pairing.next()], [{ state: "refused" }, { state: "refused" }]);
        assertEquals([await pairing.approve("123456"), await hub.approve("123456")], [false, false]);
        const { device, token } = await openLink(pairing.url);
        assertEquals(await device.pair(token), { state: "refused" });
      }
    } finally {
      await shared.close();
      await served.close();
    }
  }));

Deno.test("who asks for the local network of a hub that serves this machine only is told what to do", () =>
  withFolder(async (dataDir) => {
    const served = await openHub({ dataDir, port: 0 }, parts);
    try {
      await assertRejects(
        () => openHub({ dataDir, lan: true }, parts),
        Error,
        `process ${Deno.pid} serves the probe page to this machine only; stop it, or start it with --lan`,
      );
      const { port } = new URL(served.url);
      await withFolder(async (other) => {
        const refused = () => openHub({ dataDir: other, port: Number(port) }, parts);
        await assertRejects(refused, Error, `port ${port} is in use; choose another with --port`);
        await (await openHub({ dataDir: other, port: 0 }, parts)).close();
      });
    } finally {
      await served.close();
    }
  }));

Deno.test("the control listener answers only who knows the secret, and no browser", () =>
  withFolder(async (dataDir) => {
    const hub = await openHub({ dataDir, port: 0 }, parts);
    try {
      const control = readControlFile(dataDir);
      assert(control);
      const { hostname, port } = new URL(control.url);
      assertEquals(hostname, "127.0.0.1");
      assert(control.url !== hub.url);
      const ask = async (headers: Record<string, string>, path = "/devices", method = "POST") => {
        const body = method === "POST" ? "{}" : undefined;
        const response = await fetch(new URL(path, control.url), { method, headers, body });
        await response.body?.cancel();
        return response.status;
      };
      const Authorization = `Bearer ${control.secret}`;
      assertEquals(await ask({ Authorization }), 200);
      for (const wrong of ["", "Bearer ", `Bearer ${"x".repeat(43)}`, control.secret, `${Authorization}x`]) {
        assertEquals(await ask({ Authorization: wrong }), 401);
      }
      for (const Origin of ["null", control.url.slice(0, -1), hub.url.slice(0, -1), "http://evil.example"]) {
        assertEquals(await ask({ Authorization, Origin }), 403);
      }
      const connection = await Deno.connect({ hostname, port: Number(port) });
      const request = `POST /devices HTTP/1.1\r\nHost: evil.example:${port}\r\nAuthorization: ${Authorization}\r\n\r\n`;
      await connection.write(new TextEncoder().encode(request));
      const answer = new Uint8Array(100);
      const length = await connection.read(answer);
      connection.close();
      assertMatch(new TextDecoder().decode(answer.subarray(0, length ?? 0)), /^HTTP\/1\.1 403 /);
      assertEquals([await ask({ Authorization }, "/"), await ask({ Authorization }, "/devices", "GET")], [404, 404]);
      assertEquals(await ask({ Authorization }, "/constructor"), 404);
      // Nor is it under the page's own address.
      for (const path of ["/devices", "/revoke", "/approve"]) {
        const response = await fetch(new URL(path, hub.url), {
          method: "POST",
          headers: { Authorization },
          body: "{}",
        });
        await response.body?.cancel();
        assertEquals(response.status, 403);
      }
      if (Deno.build.os !== "windows") {
        const mode = (path: string) => (Deno.statSync(`${dataDir}/devices${path}`).mode ?? 0) & 0o777;
        assertEquals([mode(""), mode("/control.json"), mode("/audit.jsonl")], [0o700, 0o600, 0o600]);
      }
    } finally {
      await hub.close();
    }
    assertEquals(readControlFile(dataDir), null);
  }));

/** Starts a program that serves a hub on `port`. */
async function startChild(dataDir: string, port: number): Promise<{ url: string; kill(): Promise<void> }> {
  const script = new URL("./hub_child.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", script, dataDir, String(port)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = readLines(child.stdout);
  const { value: url } = await lines.next();
  assert(url);
  return {
    url,
    async kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await child.status;
      await child.stdin.close().catch(() => {});
      await lines.return(undefined);
    },
  };
}

Deno.test("a hub killed between chunks and started anew loses nothing: the load goes on where it was", () =>
  withFolder(async (dataDir) => {
    let child = await startChild(dataDir, 0);
    const control = readControlFile(dataDir);
    assert(control);
    // It does not serve on by itself: what is tested is the other program's restart.
    const hub = attachHub(dataDir, { control, ownName: "process-test", takeOver: () => Promise.resolve(null) });
    try {
      const port = Number(new URL(child.url).port);
      const device = await pairPhone(hub);
      const told: string[] = [];
      const wanted = hub.runLoad("phone", sampleRequest(1), { files, waitMs, onActivity: (line) => told.push(line) });
      const lease = await device.lease();
      for (let sequence = 0; sequence < 6; sequence++) {
        await ok(device.sendChunk(lease, { sequence, rounds: someRounds }));
        if (sequence % 2 === 1) {
          await child.kill();
          child = await startChild(dataDir, port);
        }
      }
      await ok(device.sendReport(lease, { chunks: 6, outcome: measured(6 * someRounds.length) }));
      const { rounds } = await wanted;
      assertEquals(rounds, Array.from({ length: 6 }, () => someRounds).flat());
      assertEquals((await device.openSession()).name, "phone");
    } finally {
      await child.kill();
      await hub.close();
    }
  }));

Deno.test("when the program that serves ends in the midst of a load, one that shares its hub serves on", () =>
  withFolder(async (dataDir) => {
    const served = await openHub({ dataDir, port: 0 }, parts);
    const shared = await openHub({ dataDir }, parts);
    try {
      const device = await pairPhone(served);
      const wanted = shared.runLoad("phone", sampleRequest(1), { files, waitMs });
      const lease = await device.lease();
      await ok(device.sendChunk(lease, { sequence: 0, rounds: someRounds }));
      await served.close();
      const report = { chunks: 1, outcome: measured(someRounds.length) };
      for (let attemptsLeft = 200;; attemptsLeft--) {
        try {
          await ok(device.sendReport(lease, report));
          break;
        } catch (error) {
          if (!(error instanceof TypeError) || attemptsLeft === 0) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
      assertEquals((await wanted).rounds, someRounds);
      assertEquals((await shared.devices()).map(({ name }) => name), ["phone"]);
    } finally {
      await shared.close();
    }
    const log = Deno.readTextFileSync(`${dataDir}/devices/audit.jsonl`).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(log.map(({ event }) => event).filter((event) => /st(art|opp)ed/.test(event)), [
      "started",
      "stopped",
      "started",
      "stopped",
    ]);
    assertStringIncludes(JSON.stringify(log), '"paired"');
  }));

Deno.test("whatever is asked of a hub that was killed, the program that asks serves instead", () =>
  withFolder(async (dataDir) => {
    for (
      const [ask, answer] of [
        [(hub: Hub) => hub.devices().then((devices) => devices.map(({ name }) => name)), ["phone"]],
        [(hub: Hub) => hub.approve("123456"), false],
        [(hub: Hub) => hub.revoke("tablet"), false],
        [async (hub: Hub) => (await hub.pair({ name: "tablet" })).url.startsWith(hub.url), true],
      ] as const
    ) {
      const child = await startChild(dataDir, 0);
      const lines: string[] = [];
      const hub = await openHub({ dataDir, log: (line) => lines.push(line) }, parts);
      try {
        if ((await hub.devices()).length === 0) await pairPhone(hub);
        const pairing = await hub.pair();
        await child.kill();
        assertEquals(await ask(hub), answer as unknown);
        assertEquals(lines.slice(1), [
          "the program that served the probe page has ended; this one serves it now, to this machine only, at " +
          hub.url,
        ]);
        assertEquals([hub.url, hub.lan], [child.url, false]);
        // Its links ended with it.
        assertEquals(await pairing.approve("123456"), false);
        await pairing.refuse();
      } finally {
        await child.kill();
        await hub.close();
      }
    }
  }));

Deno.test("a hub that another program started anew meanwhile is asked again, wherever it is now", () =>
  withFolder(async (dataDir) => {
    let child = await startChild(dataDir, 0);
    const control = readControlFile(dataDir);
    assert(control);
    let onAlone = () => {};
    const takeOver = () => Promise.resolve(onAlone()).then(() => null);
    const hub = attachHub(dataDir, { control, ownName: "process-test", takeOver });
    try {
      await child.kill();
      const devices = hub.devices();
      child = await startChild(dataDir, 0);
      assertEquals(await devices, []);
      assertEquals(hub.url, child.url);
      await child.kill();
      // Closed while it waits for the next hub, not while it still asks the last one.
      const alone = new Promise<void>((resolve) => onAlone = resolve);
      const waiting = assertRejects(() => hub.devices(), Error, "the hub is closed");
      await alone;
      await hub.close();
      await waiting;
    } finally {
      await hub.close();
      await child.kill();
    }
  }));

Deno.test("who closes a hub while it is asked, and its program then fails to answer, is told that it is closed", () =>
  withFolder(async (dataDir) => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/devices") {
        asked.resolve();
        await closed.promise;
      }
      return new Response(null, { status: 502 });
    });
    const url = `http://127.0.0.1:${server.addr.port}/`;
    const control = { url, secret: "x".repeat(43), pid: Deno.pid, pageUrl: url, localUrl: url, lan: false };
    await Deno.mkdir(`${dataDir}/devices`);
    await Deno.writeTextFile(`${dataDir}/devices/control.json`, JSON.stringify(control));
    const hub = attachHub(dataDir, { control, ownName: "process-test", takeOver: () => Promise.resolve(null) });
    try {
      const waiting = assertRejects(() => hub.devices(), Error, "the hub is closed");
      await asked.promise;
      await hub.close();
      closed.resolve();
      await waiting;
    } finally {
      closed.resolve();
      await hub.close();
      await server.shutdown();
    }
  }));

Deno.test("why a program cannot serve in place of another is told once, and tried again", () =>
  withFolder(async (dataDir) => {
    const child = await startChild(dataDir, 0);
    const port = Number(new URL(child.url).port);
    const lines: string[] = [];
    const { promise: toldWhy, resolve: tellWhy } = Promise.withResolvers<void>();
    const log = (line: string) => {
      if (lines.push(line) > 1) tellWhy();
    };
    const hub = await openHub({ dataDir, log }, parts);
    try {
      await child.kill();
      const busy = Deno.listen({ hostname: "127.0.0.1", port });
      const devices = hub.devices();
      await toldWhy;
      // Time enough to try again, and to tell it again.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      assertEquals(lines.slice(1), [
        "the program that served the probe page has ended, and this one cannot serve it yet: " +
        `Cannot serve the probe page: port ${port} is in use; choose another with --port`,
      ]);
      busy.close();
      assertEquals(await devices, []);
      assertEquals(hub.url, child.url);
    } finally {
      await hub.close();
      await child.kill();
    }
  }));

Deno.test("three links are open for all programs together", () =>
  withFolder(async (dataDir) => {
    const served = await openHub({ dataDir, port: 0 }, parts);
    const shared = await openHub({ dataDir }, parts);
    try {
      for (const hub of [served, shared, served]) await hub.pair();
      for (const hub of [served, shared]) {
        await assertRejects(() => hub.pair(), TooManyLinksError, "3 links for pairing are open already");
      }
    } finally {
      await shared.close();
      await served.close();
    }
  }));

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DeviceGoneError } from "../../../devices/device.ts";
import { resultOf } from "../../../devices/server/await_job.ts";
import { sampleRequest } from "../../../bench/device_server/sample_load.ts";
import { contentHash } from "../../../src/schemas/architecture.ts";
import type { SimulatedDevice } from "../../../bench/device_server/simulated_device.ts";
import type { Lease } from "../../../devices/protocol/wire.ts";
import { measured, openServer, someRounds, withServer } from "./server_fixture.ts";

async function complete(device: SimulatedDevice, lease: Lease): Promise<void> {
  assertEquals((await device.sendChunk(lease, { sequence: 0, rounds: someRounds })).status, 200);
  const report = { chunks: 1, outcome: measured(someRounds.length) };
  assertEquals((await device.sendReport(lease, report)).status, 200);
}

const failure = (retry: boolean) => ({
  chunks: 0,
  outcome: { outcome: "failed" as const, reason: "the GPU is gone", retry },
});

Deno.test("a job goes to the page that waits for it, and its load back", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const polled = device.lease();
    // The poll is there before the job.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const job = server.order("phone");
    const lease = await polled;
    assertEquals([lease.job, lease.request], [job.id, sampleRequest(3)]);
    assertEquals(lease.requestHash, contentHash(sampleRequest(3)));
    assertEquals(server.fleet.activity(job), "prepares and warms up");
    await complete(device, lease);
    const { report, rounds } = resultOf(server.fleet, job, "phone");
    assertEquals([report, rounds], [measured(someRounds.length).report, someRounds]);
  }, { pollWaitMs: 2000 }));

Deno.test("loads of one device follow each other in the order asked for; devices do not wait for each other", () =>
  withServer(async (server) => {
    const [phone, laptop] = [await server.pairDevice("phone"), await server.pairDevice("laptop")];
    const jobs = [1, 2, 3].map((seed) => server.order("phone", { request: sampleRequest(seed) }));
    const other = server.order("laptop");
    const held = await phone.lease();
    assertEquals((await laptop.lease()).job, other.id);
    assertEquals(server.fleet.activity(jobs[1]), "waits for another measurement of this device");
    const order = [];
    for (let lease = held;; lease = await phone.lease()) {
      order.push(lease.job);
      await complete(phone, lease);
      if (order.length === 3) break;
    }
    assertEquals(order, jobs.map(({ id }) => id));
    assertEquals((await phone.poll()).kind, "none");
  }));

Deno.test("a page that measured before is told to load anew, and only when a job waits", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    assertEquals((await device.poll({ fresh: false })).kind, "none");
    server.order("phone");
    assertEquals((await device.poll({ fresh: false })).kind, "reload");
    assertEquals((await device.poll({ fresh: true })).kind, "lease");
  }));

Deno.test("a hidden page gets no job until it asks as a visible one", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const job = server.order("phone");
    assertEquals((await device.poll({ hidden: true })).kind, "none");
    assertEquals(server.fleet.lasting()[0].presence, "hidden");
    assertEquals(server.fleet.activity(job), "waits: its page is hidden; bring it to the front");
    assertEquals((await device.lease()).job, job.id);
    assertEquals(server.fleet.lasting()[0].presence, "measuring");
  }));

Deno.test("a newer load of the page takes over, with the job the older one held", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    server.order("phone");
    const held = await device.lease();
    await device.sendChunk(held, { sequence: 0, rounds: someRounds });
    const former = device.page;
    device.page = crypto.randomUUID();
    await device.openSession();
    const superseded = await device.post("/api/jobs/next", { page: former, hidden: false, fresh: true });
    assertEquals([superseded.status, (await superseded.json()).error.includes("another tab")], [409, true]);
    const again = await device.lease();
    assertEquals(again.job, held.job);
    assertEquals((await device.sendChunk(held, { sequence: 1, rounds: someRounds })).status, 410);
    await complete(device, again);
  }));

Deno.test("a job is given out three times, whatever ends it, and then fails with the last reason", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const job = server.order("phone");
    const first = await device.lease();
    device.page = crypto.randomUUID();
    await device.openSession();
    const second = await device.lease({ crashed: first.job });
    assertEquals([second.job, job.reason], [first.job, "its tab crashed in the middle"]);
    server.wait(46_000);
    server.fleet.tick();
    assertEquals(job.reason, "it sent nothing for 30 s");
    assertEquals(server.fleet.activity(job), "waits: its page is not open; open it again, or wake the device");
    await device.sendReport(await device.lease(), failure(true));
    assertEquals(job.outcome, { kind: "failed", reason: "the GPU is gone (3 attempts)" });
    assertThrows(() => resultOf(server.fleet, job, "phone"), Error, 'device "phone": the GPU is gone (3 attempts)');
  }));

Deno.test("a failure that no reload can mend is the end of the job", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const job = server.order("phone");
    await device.sendReport(await device.lease(), failure(false));
    assertEquals(job.outcome, { kind: "failed", reason: "the GPU is gone" });
    assertEquals((await device.poll()).kind, "none");
  }));

Deno.test("each chunk moves the lease on, an empty one too", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    server.order("phone");
    const lease = await device.lease();
    server.wait(40_000);
    for (let sequence = 0; sequence < 4; sequence++) {
      const response = await device.sendChunk(lease, { sequence, rounds: sequence % 2 ? someRounds : [] });
      const { expiresAt } = await response.json();
      assert(Math.abs(expiresAt - server.now() - 30_000) < 1000);
      server.wait(29_000);
      server.fleet.tick();
    }
    const report = { chunks: 4, outcome: measured(2 * someRounds.length) };
    assertEquals((await device.sendReport(lease, report)).status, 200);
  }));

Deno.test("a lease ends in the end, however alive its page is", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    for (const [profile, minutes] of [["fast", 10], ["standard", 10], ["certified", 20]] as const) {
      const job = server.order("phone", { request: { ...sampleRequest(3), profile } });
      const lease = await device.lease();
      let sequence = 0;
      for (; sequence < 100; sequence++) {
        server.wait(25_000);
        server.fleet.tick();
        if ((await device.sendChunk(lease, { sequence, rounds: [] })).status !== 200) break;
      }
      assertEquals(sequence, Math.ceil(minutes * 60 / 25) - 1);
      assertEquals(job.reason, `it did not finish within ${minutes} minutes`);
      await device.sendReport(await device.lease(), failure(false));
    }
  }));

Deno.test("a device that falls silent with a job is gone since it was last heard", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const job = server.order("phone", { waitMs: 40_000 });
    server.fleet.tick();
    await device.lease();
    server.wait(44_000);
    server.fleet.tick();
    assertEquals(job.outcome, undefined, "its lease still holds");
    server.wait(2000);
    server.fleet.tick();
    assertEquals(job.outcome?.kind, "gone");
  }));

Deno.test("a store that fails loses no job, and ends no program", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const [job, other] = [server.order("phone"), server.order("phone", { request: sampleRequest(4) })];
    const breakStore = () =>
      server.database.run(
        "CREATE TEMP TRIGGER broken BEFORE UPDATE ON jobs BEGIN SELECT RAISE(FAIL, 'disk full'); END",
      );
    const mendStore = () => server.database.run("DROP TRIGGER broken");
    breakStore();
    assertEquals((await device.post("/api/jobs/next", { page: device.page, hidden: false, fresh: true })).status, 500);
    server.fleet.tick();
    mendStore();
    const lease = await device.lease();
    assertEquals(lease.job, job.id);
    breakStore();
    server.wait(46_000);
    server.fleet.tick();
    assertEquals(server.logged, ["the store of jobs and pairings fails: disk full; it is tried again"]);
    mendStore();
    server.fleet.tick();
    await complete(device, await device.lease());
    assertEquals([job.outcome, (await device.lease()).job], [{ kind: "done" }, other.id]);
  }));

Deno.test("a device that stays away for longer than its requester waits is gone, and its job with it", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const patient = server.order("phone");
    const job = server.order("phone", { waitMs: 10_000, request: sampleRequest(4) });
    server.fleet.tick();
    server.wait(9000);
    server.fleet.tick();
    assertEquals(job.outcome, undefined);
    server.wait(6000);
    server.fleet.tick();
    assertEquals(job.outcome?.kind, "gone");
    assertThrows(
      () => resultOf(server.fleet, job, "phone"),
      DeviceGoneError,
      'device "phone" went away: its page is not open; open it again, or wake the device',
    );
    const lease = await device.lease();
    assertEquals(lease.job, patient.id);
    await complete(device, lease);
    assertEquals((await device.poll()).kind, "none");
    assertThrows(() => server.order("tablet"), DeviceGoneError, 'device "tablet" is not paired');
  }));

Deno.test("at most 64 jobs wait for one device", () =>
  withServer(async (server) => {
    await server.pairDevice("phone");
    for (let seed = 0; seed < 64; seed++) server.order("phone", { request: sampleRequest(seed) });
    assertThrows(() => server.order("phone"), Error, 'device "phone": 64 jobs wait for it already');
  }));

Deno.test("what was accepted outlives the server: pairing, lease, chunks, report, and the nonce that was used", async () => {
  const dataDir = await Deno.makeTempDir();
  const first = openServer(dataDir);
  const phone = await first.pairDevice("phone");
  const laptop = await first.pairDevice("laptop");
  const [job, done] = [first.order("phone"), first.order("laptop")];
  const [lease, doneLease] = [await phone.lease(), await laptop.lease()];
  await phone.sendChunk(lease, { sequence: 0, rounds: someRounds });
  await complete(laptop, doneLease);
  // Nothing is written at the end that was not before: the database is only closed.
  first.close();

  const second = openServer(dataDir);
  try {
    for (const device of [phone, laptop]) {
      const fresh = await second.createDevice();
      Object.assign(device, { transport: fresh.transport });
    }
    const restored = second.fleet.job(job.id);
    assert(restored);
    assertEquals(restored.lease?.rounds, someRounds.length);
    assertEquals((await phone.sendChunk(lease, { sequence: 0, rounds: someRounds })).status, 200, "the same again");
    assertEquals((await phone.sendChunk(lease, { sequence: 1, rounds: someRounds })).status, 200);
    const report = { chunks: 2, outcome: measured(2 * someRounds.length) };
    assertEquals((await phone.sendReport(lease, report)).status, 200);
    assertEquals((await laptop.sendReport(doneLease, { ...report, chunks: 1 })).status, 409);
    // Whoever asks for the same anew takes up what is there.
    const adopted = second.order("phone");
    assertEquals([adopted.id, adopted.outcome], [job.id, { kind: "done" }]);
    assertEquals(second.fleet.result(adopted).rounds, [...someRounds, ...someRounds]);
    assertEquals(second.order("laptop").id, done.id);
  } finally {
    second.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a job that nobody waits for any more is not handed out, until somebody does", async () => {
  const dataDir = await Deno.makeTempDir();
  const first = openServer(dataDir);
  const device = await first.pairDevice("phone");
  const { id } = first.order("phone");
  first.close();
  const second = openServer(dataDir);
  try {
    Object.assign(device, { transport: (await second.createDevice()).transport });
    assertEquals((await device.poll()).kind, "none");
    assertEquals(second.order("phone", { id, until: second.now() + 30_000 }).id, id);
    second.wait(31_000);
    assertEquals((await device.poll()).kind, "none");
    second.order("phone", { id });
    assertEquals((await device.lease()).job, id);
  } finally {
    second.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a job's files are given to the device that works on it, and nothing else is", () =>
  withServer(async (server, dataDir) => {
    const [phone, laptop] = [await server.pairDevice("phone"), await server.pairDevice("laptop")];
    const sha256 = "a".repeat(64);
    const missing = "b".repeat(64);
    await Deno.writeTextFile(`${dataDir}/model.bin`, "weights");
    server.order("phone", { files: { [sha256]: `${dataDir}/model.bin`, [missing]: `${dataDir}/none.bin` } });
    const get = async (device: SimulatedDevice, path: string) => {
      const headers = { Cookie: device.cookie ?? "" };
      const response = await device.transport(path, { method: "GET", headers });
      return [response.status, await response.text()];
    };
    assertEquals((await get(phone, `/models/${sha256}`))[0], 404, "not before it has the job");
    await phone.lease();
    // More often than it may ask for anything else: models come in many files.
    for (let times = 0; times < 500; times++) {
      assertEquals(await get(phone, `/models/${sha256}`), [200, "weights"]);
    }
    assertEquals((await get(phone, `/models/${missing}`))[0], 404);
    assertEquals((await get(laptop, `/models/${sha256}`))[0], 404);
    for (const path of ["__proto__", "constructor", "..%2f..%2fdevices.sqlite", "%2e%2e/devices/devices.sqlite"]) {
      assertEquals((await get(phone, `/models/${path}`))[0], 404, path);
    }
    phone.cookie = undefined;
    assertEquals((await get(phone, `/models/${sha256}`))[0], 401);
  }));

Deno.test("a page that asks after the end is told that it is over", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const polled = device.poll();
    // The poll waits before the fleet closes.
    await new Promise((resolve) => setTimeout(resolve, 20));
    server.fleet.close();
    await assertRejects(() => polled, Error, "Nacre has finished; this page can be closed");
    await assertRejects(() => device.poll(), Error, "Nacre has finished");
  }, { pollWaitMs: 2000 }));

Deno.test("a device that works on a job that nobody wants any more hears so with its next chunk, and is free", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    const job = server.order("phone");
    const lease = await device.lease();
    server.fleet.forget(job);
    assertEquals((await device.sendChunk(lease, { sequence: 0, rounds: someRounds })).status, 410);
    const next = server.order("phone", { request: sampleRequest(4) });
    assertEquals((await device.lease()).job, next.id);
  }));

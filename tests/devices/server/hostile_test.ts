// What must never be accepted. Each test ends by looking at what the server keeps.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createKeys } from "../../../bench/device_server/simulated_device.ts";
import { sampleReport, sampleRounds } from "../../../bench/device_server/sample_load.ts";
import { bodyLimitBytes, type Lease } from "../../../devices/protocol/wire.ts";
import { errorOf, host, measured, someRounds, type TestServer, withServer } from "./server_fixture.ts";

const samplesPath = ({ job }: Lease) => `/api/jobs/${job}/samples`;
const reportPath = ({ job }: Lease) => `/api/jobs/${job}/report`;

function kept({ database }: TestServer) {
  const count = (table: string) => Number(database.all<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)[0].n);
  return { chunks: count("chunks"), reports: count("reports") };
}
const nothing = { chunks: 0, reports: 0 };

/** Every refusal is told in one line, and in the audit log. */
async function refused(server: TestServer, answer: Promise<Response>, status: number, words: string): Promise<void> {
  const before = server.events.length;
  const response = await answer;
  assertEquals(response.status, status);
  const error = await errorOf(response);
  assertStringIncludes(error, words);
  assert(!error.includes("\n"));
  const told = server.events.slice(before).map(({ event, fields }) => [event, fields.status, fields.reason]);
  assertEquals(told, [["rejected request", status, error]]);
}

/** A paired device that works on a job. */
async function working(server: TestServer, name = "phone") {
  const device = await server.pairDevice(name);
  const job = server.order(name);
  const lease = await device.lease();
  return { device, job, lease, chunk: { nonce: lease.nonce, sequence: 0, rounds: someRounds } };
}

Deno.test("forged signatures are refused", () =>
  withServer(async (server) => {
    const { device, lease, chunk } = await working(server);
    const { privateKey } = await createKeys();
    const forgeries = [
      { key: privateKey },
      { path: reportPath(lease) },
      { lease: { ...lease, nonce: "x".repeat(22) } },
      { lease: { ...lease, job: crypto.randomUUID() } },
      { lease: { ...lease, requestHash: "0".repeat(64) } },
      { body: JSON.stringify({ ...chunk, rounds: [[1, 1, 1]] }) },
    ];
    for (const forgery of forgeries) {
      await refused(server, device.postSigned(samplesPath(lease), lease, chunk, forgery), 403, "does not fit");
      const report = { nonce: lease.nonce, chunks: 0, outcome: measured(0) };
      const other = forgery.path ? { path: samplesPath(lease) } : forgery;
      await refused(server, device.postSigned(reportPath(lease), lease, report, other), 403, "does not fit");
    }
    for (const signature of [undefined, "", "AAAA", "A".repeat(86), `${"A".repeat(85)}=`]) {
      const headers: Record<string, string> = signature === undefined ? {} : { "Nacre-Signature": signature };
      await refused(server, device.post(samplesPath(lease), chunk, headers), 403, "does not fit");
    }
    assertEquals(kept(server), nothing);
    assertEquals((await device.sendChunk(lease, chunk)).status, 200, "the honest one is still taken");
  }));

Deno.test("a body changed on its way is refused", () =>
  withServer(async (server) => {
    const { device, lease, chunk } = await working(server);
    const body = JSON.stringify(chunk);
    for (
      const tampered of [
        body.replace("0.000001", "0.000002"),
        `${body} `,
        body.replace('"sequence":0', '"sequence":0 '),
      ]
    ) {
      assert(tampered !== body);
      await refused(server, device.postSigned(samplesPath(lease), lease, tampered, { body }), 403, "does not fit");
    }
    assertEquals(kept(server), nothing);
  }));

Deno.test("what another device signs for its own lease, or for this one's, is refused", () =>
  withServer(async (server) => {
    const phone = await working(server);
    const laptop = await working(server, "laptop");
    const path = samplesPath(phone.lease);
    await refused(server, laptop.device.postSigned(path, phone.lease, phone.chunk), 404, "not one of this browser");
    await refused(server, laptop.device.postSigned(path, phone.lease, laptop.chunk), 404, "not one of this browser");
    // With the phone's cookie, but without its key.
    laptop.device.cookie = phone.device.cookie;
    await refused(server, laptop.device.postSigned(path, phone.lease, phone.chunk), 403, "does not fit");
    assertEquals(kept(server), nothing);
  }));

Deno.test("without the cookie, or with a wrong one, nothing is taken or given", () =>
  withServer(async (server) => {
    const { device, lease, chunk } = await working(server);
    for (const cookie of [undefined, "__Host-nacre-7411=wrong", `__Host-nacre-7412=${device.cookie?.split("=")[1]}`]) {
      device.cookie = cookie;
      await refused(server, device.sendChunk(lease, chunk), 401, "not paired");
      await refused(server, device.sendReport(lease, { chunks: 0, outcome: measured(0) }), 401, "not paired");
      const poll = { page: device.page, hidden: false, fresh: true };
      await refused(server, device.post("/api/jobs/next", poll), 401, "not paired");
      await refused(server, device.post("/api/session", { page: device.page }), 401, "not paired");
    }
    assertEquals(kept(server), nothing);
  }));

Deno.test("after revocation the same browser is a stranger, and its job is over", () =>
  withServer(async (server) => {
    const { device, job, lease, chunk } = await working(server);
    assertEquals((await device.sendChunk(lease, chunk)).status, 200);
    const phone = server.fleet.find("phone", "test-program");
    assert(phone);
    server.fleet.remove(phone);
    await refused(server, device.sendChunk(lease, { sequence: 1, rounds: someRounds }), 401, "not paired");
    await refused(
      server,
      device.sendReport(lease, { chunks: 1, outcome: measured(someRounds.length) }),
      401,
      "not paired",
    );
    assertEquals(job.outcome, { kind: "gone", reason: "its pairing was ended" });
    assertEquals(kept(server), nothing);
  }));

Deno.test("what comes after its lease has expired is refused, and the job goes out anew", () =>
  withServer(async (server) => {
    const { device, lease, chunk } = await working(server);
    assertEquals((await device.sendChunk(lease, chunk)).status, 200);
    server.wait(91_000);
    await refused(server, device.sendChunk(lease, { sequence: 1, rounds: someRounds }), 410, "time was over");
    server.fleet.tick();
    assertEquals(kept(server), nothing, "what a lost lease brought is dropped");
    await refused(server, device.sendReport(lease, { chunks: 1, outcome: measured(1) }), 410, "time was over");
    const again = await device.lease();
    assertEquals(again.job, lease.job);
    assert(again.nonce !== lease.nonce);
    await refused(server, device.sendChunk(lease, chunk), 410, "time was over");
    assertEquals(kept(server), nothing);
  }));

Deno.test("a report counts once: the same again is welcome, another one or more samples are refused", () =>
  withServer(async (server) => {
    const { device, job, lease, chunk } = await working(server);
    assertEquals((await device.sendChunk(lease, chunk)).status, 200);
    const report = { chunks: 1, outcome: measured(someRounds.length) };
    for (let times = 0; times < 3; times++) {
      const response = await device.sendReport(lease, report);
      assertEquals([response.status, await response.json()], [200, { accepted: true }]);
    }
    assertEquals(job.outcome, { kind: "done" });
    await refused(server, device.sendReport(lease, { ...report, outcome: measured(0) }), 409, "reported already");
    const failed = { chunks: 1, outcome: { outcome: "failed" as const, reason: "no", retry: true } };
    await refused(server, device.sendReport(lease, failed), 409, "reported already");
    await refused(server, device.sendChunk(lease, { sequence: 1, rounds: someRounds }), 409, "reported already");
    await refused(server, device.sendChunk(lease, chunk), 409, "reported already");
    assertEquals(kept(server), { chunks: 1, reports: 1 });
    assertEquals(server.fleet.result(job).rounds, someRounds);
    // Also when the requester has taken the result meanwhile.
    server.fleet.forget(job);
    assertEquals((await device.sendReport(lease, report)).status, 200);
    await refused(server, device.sendReport(lease, { ...report, outcome: measured(0) }), 409, "reported already");
    assertEquals(kept(server), nothing);
  }));

Deno.test("chunks come one after the other, each once, and rounds never become longer", () =>
  withServer(async (server) => {
    const { device, job, lease, chunk } = await working(server);
    await refused(server, device.sendChunk(lease, { ...chunk, sequence: 1 }), 409, "instead of chunk 0");
    for (let times = 0; times < 2; times++) assertEquals((await device.sendChunk(lease, chunk)).status, 200);
    await refused(server, device.sendChunk(lease, { sequence: 0, rounds: [[1, 1, 1]] }), 409, "other contents");
    await refused(server, device.sendChunk(lease, { sequence: 2, rounds: someRounds }), 409, "instead of chunk 1");
    await refused(server, device.sendChunk(lease, { sequence: 1, rounds: [[1, 1, 1, 1]] }), 409, "other lengths");
    await refused(server, device.sendChunk(lease, { sequence: 1, rounds: [[1, 1], [1, 1, 1]] }), 409, "other lengths");
    for (const chunks of [0, 2]) {
      const report = { chunks, outcome: measured(someRounds.length) };
      await refused(server, device.sendReport(lease, report), 409, `speaks of ${chunks} chunks, 1 came`);
    }
    assertEquals(kept(server), { chunks: 1, reports: 0 });
    assertEquals(job.lease?.rounds, someRounds.length);
  }));

Deno.test("after a network failed rounds are shorter, and the sums are of these alone", () =>
  withServer(async (server) => {
    const { device, job, lease } = await working(server);
    const rounds = [[1e-6, 1e-6, 1e-6], [2e-6, 3e-6]];
    assertEquals((await device.sendChunk(lease, { sequence: 0, rounds })).status, 200);
    assertEquals((await device.sendChunk(lease, { sequence: 1, rounds: [[2e-6, 3e-6]] })).status, 200);
    await refused(server, device.sendChunk(lease, { sequence: 2, rounds: [rounds[0]] }), 409, "other lengths");
    assertEquals([job.lease?.rounds, job.lease?.sums], [3, [4e-6, 6e-6]]);
  }));

Deno.test("one lease brings a limited number of rounds and bytes", () =>
  withServer(async (server) => {
    const { device, job, lease } = await working(server);
    assert(job.lease);
    job.lease.rounds = 199_999;
    const rounds = [[1, 1, 1], [1, 1, 1]];
    await refused(server, device.sendChunk(lease, { sequence: 0, rounds }), 409, "more than 200000 rounds");
    job.lease.rounds = 0;
    job.lease.bytes = 63_999_990;
    await refused(server, device.sendChunk(lease, { sequence: 0, rounds }), 409, "more than 64 MB");
    assertEquals(kept(server), nothing);
    assertEquals(job.lease.chunks, []);
  }));

Deno.test("a report that comes twice at once is accepted twice and counts once", () =>
  withServer(async (server) => {
    const { device, job, lease, chunk } = await working(server);
    await device.sendChunk(lease, chunk);
    const report = { chunks: 1, outcome: measured(someRounds.length) };
    const answers = await Promise.all([1, 2].map(() => device.sendReport(lease, report)));
    assertEquals(answers.map(({ status }) => status), [200, 200]);
    assertEquals([kept(server), job.outcome], [{ chunks: 1, reports: 1 }, { kind: "done" }]);
  }));

Deno.test("reports that cannot be true get the same answer, and never reach who asked", () =>
  withServer(async (server) => {
    const { device, job, lease: first } = await working(server);
    const hour = sampleRounds(200, 1000);
    const lies: [number[][], ReturnType<typeof sampleReport>, RegExp][] = [
      [hour, sampleReport(hour.length), /claims \d+ ms of work, but only \d+ ms went by/],
      [someRounds, sampleReport(someRounds.length + 1), /speaks of \d+ rounds, but sent \d+/],
      [someRounds, { ...sampleReport(someRounds.length), warmUp: { ms: 60_000, runs: 1, steady: true } }, /claims 600/],
    ];
    for (const [index, [rounds, report, words]] of lies.entries()) {
      const lease = index === 0 ? first : await device.lease();
      await device.sendChunk(lease, { sequence: 0, rounds });
      const response = await device.sendReport(lease, { chunks: 1, outcome: { outcome: "measured", report } });
      assertEquals([response.status, await response.json()], [200, { accepted: true }]);
      const { event, fields } = server.events.at(-1) ?? {};
      assertEquals([event, fields?.device, fields?.job], ["quarantined", "phone", lease.job]);
      assertMatch(fields?.reason ?? "", words);
      assertEquals(kept(server), nothing);
    }
    assertEquals(job.outcome?.kind, "failed");
    assertMatch(job.reason ?? "", /^its report cannot be true: .* \(3 attempts\)$/);
    assertEquals((await device.poll()).kind, "none");
  }));

Deno.test("a report about other networks than were asked for is quarantined", () =>
  withServer(async (server) => {
    const { device, lease } = await working(server);
    const { networks, ...report } = sampleReport(0);
    // One network more than was given, and one more than the rounds hold times of.
    for (const [wrong, rounds] of [[[...networks, networks[0]], []], [networks, [[1e-6, 1e-6]]]] as const) {
      const current = wrong.length === 4 ? lease : await device.lease();
      if (rounds.length > 0) {
        await device.sendChunk(current, { sequence: 0, rounds: rounds.map((round) => [...round]) });
      }
      const told = { ...report, networks: [...wrong], rounds: rounds.length };
      const outcome = { outcome: "measured" as const, report: told };
      assertEquals((await device.sendReport(current, { chunks: rounds.length, outcome })).status, 200);
      assertEquals(server.events.at(-1)?.event, "quarantined");
    }
    assertEquals(kept(server), nothing);
  }));

Deno.test("malformed bodies are refused with the place that is wrong", () =>
  withServer(async (server) => {
    const { device, lease, chunk } = await working(server);
    const bodies: [unknown, string][] = [
      ["{", "not JSON"],
      ["", "not JSON"],
      ["[]", "body: "],
      ["null", "body: "],
      [{ ...chunk, more: 1 }, "body: "],
      [{ ...chunk, sequence: -1 }, "body.sequence: "],
      [{ ...chunk, sequence: 1e9 }, "body.sequence: "],
      [{ ...chunk, rounds: [[]] }, "body.rounds.0: "],
      [{ ...chunk, rounds: [[-1, 1, 1]] }, "body.rounds.0.0: "],
      [{ ...chunk, rounds: [[0, 1, 1]] }, "body.rounds.0.0: "],
      [{ ...chunk, rounds: [["1", 1, 1]] }, "body.rounds.0.0: "],
      [JSON.stringify({ ...chunk, rounds: [[7.125, 1, 1]] }).replace("7.125", "1e999"), "body.rounds.0.0: "],
      [{ ...chunk, nonce: "short" }, "body.nonce: "],
      [{ ...chunk, nonce: null }, "body.nonce: "],
      [{ ...chunk, rounds: [new Array(35).fill(1)] }, "body.rounds.0: "],
    ];
    for (const [body, words] of bodies) {
      await refused(server, device.postSigned(samplesPath(lease), lease, body), 400, words);
    }
    await refused(server, device.postSigned(samplesPath(lease), lease, "\ud800"), 400, "not JSON");
    const report = { nonce: lease.nonce, chunks: 0, outcome: { ...measured(0), protocol: "nacre/0" } };
    await refused(server, device.postSigned(reportPath(lease), lease, report), 400, "body.outcome");
    const type = { "Content-Type": "text/plain" };
    await refused(server, device.post("/api/session", { page: device.page }, type), 415, "application/json");
    assertEquals(kept(server), nothing);
  }));

Deno.test("bodies over 256 KB are refused, also when their length is not announced or a lie", () =>
  withServer(async (server) => {
    const { device, lease } = await working(server);
    const large = JSON.stringify({ nonce: lease.nonce, sequence: 0, rounds: [], more: "x".repeat(bodyLimitBytes) });
    await refused(server, device.postSigned(samplesPath(lease), lease, large), 413, "larger than 262144 bytes");
    let sent = 0;
    const part = new TextEncoder().encode(" ".repeat(10_000));
    const body = new ReadableStream({
      pull(controller) {
        sent += part.length;
        controller.enqueue(part);
      },
    });
    const headers = {
      "Content-Type": "application/json",
      "Host": host,
      "Origin": `http://${host}`,
      "Cookie": device.cookie ?? "",
    };
    const endless = server.app.request(samplesPath(lease), { method: "POST", headers, body });
    await refused(server, Promise.resolve(endless), 413, "larger than");
    assert(sent <= bodyLimitBytes + 3 * part.length, `${sent} bytes were read`);
    assertEquals(kept(server), nothing);
  }));

Deno.test("another host is refused, by whatever name it came, and so is a POST of another origin", () =>
  withServer(async (server) => {
    const { device, lease, chunk } = await working(server);
    for (
      const wrong of ["evil.example", "evil.example:7411", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:7411.evil.example"]
    ) {
      const own = { Host: wrong, Origin: `http://${wrong}` };
      await refused(server, device.post(samplesPath(lease), chunk, own), 421, "is not served here");
      const get = Promise.resolve(server.app.request("/", { headers: { Host: wrong } }));
      await refused(server, get, 421, "is not served here");
    }
    for (
      const origin of ["http://evil.example", "http://127.0.0.1:7412", `https://${host}`, "null", "", `http://${host}/`]
    ) {
      await refused(server, device.post(samplesPath(lease), chunk, { Origin: origin }), 403, "may not post here");
    }
    const { transport } = await server.createDevice({ origin: null });
    const headers = { "Content-Type": "application/json", "Cookie": device.cookie ?? "" };
    const init = { method: "POST", headers, body: JSON.stringify(chunk) };
    await refused(server, transport(samplesPath(lease), init), 403, 'origin "none" may not post here');
    for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const asked = server.app.request("/api/session", { method, headers: { Host: host } });
      await refused(server, Promise.resolve(asked), 405, "is not used here");
    }
    assertEquals(kept(server), nothing);
  }));

Deno.test("strangers who try often are slowed down, address by address", () =>
  withServer(async (server) => {
    const [stranger, other] = [await server.createDevice(), await server.createDevice({ address: "10.0.0.2" })];
    const statuses = [];
    for (let times = 0; times < 60; times++) {
      statuses.push((await stranger.post("/api/session", { page: stranger.page })).status);
    }
    assert(statuses.includes(401));
    assertEquals(statuses.at(-1), 429);
    assertEquals((await other.post("/api/session", { page: other.page })).status, 401);
    server.wait(60_000);
    assertEquals((await stranger.post("/api/session", { page: stranger.page })).status, 401);
  }));

Deno.test("strangers are slowed down whatever they send, and fill no line of the log", () =>
  withServer(async (server) => {
    const [device, long] = [await server.pairDevice("phone"), "a".repeat(5000)];
    const floods: [string, Record<string, string>][] = [
      ["POST", { Host: "evil.example" }],
      ["POST", { Host: host, Origin: "http://evil.example" }],
      ["PUT", { Host: host }],
      ["GET", { Host: "evil.example" }],
      ["GET", { Host: host }],
    ];
    for (const [index, [method, headers]] of floods.entries()) {
      const statuses = new Set<number>();
      for (let times = 0; times < 450; times++) {
        const address = { address: `10.0.1.${index}` };
        statuses.add((await server.app.request(`/${long}`, { method, headers }, address)).status);
      }
      assert(statuses.has(429), `${method} ${JSON.stringify(headers)}: ${[...statuses]}`);
    }
    assert(server.events.every(({ fields }) => (fields.path ?? "").length <= 200));
    assertEquals((await device.openSession()).name, "phone");
  }));

Deno.test("a paired device that asks without end is slowed down, and no other one with it", () =>
  withServer(async (server) => {
    const [phone, laptop] = [await server.pairDevice("phone"), await server.pairDevice("laptop")];
    const statuses = new Set<number>();
    for (let times = 0; times < 130; times++) {
      statuses.add((await phone.post("/api/session", { page: phone.page })).status);
    }
    assertEquals([...statuses], [200, 429]);
    assertEquals((await laptop.post("/api/session", { page: laptop.page })).status, 200);
  }));

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { lanAddresses, lanHostNames } from "../../../../devices/server/tls/lan_addresses.ts";
import { iosProfile } from "../../../../devices/server/tls/ios_profile.ts";
import { lanCertificate, type LanCertificateOptions } from "../../../../devices/server/tls/lan_certificate.ts";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from "../../../../devices/server/tls/x509.ts";

const dayMs = 86_400_000;
const now = new Date("2026-03-01T12:00:00Z");
const addresses = ["192.168.1.23", "fd00::2"];

async function withDataDir(use: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  try {
    await use(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Certificates of one data folder, with the lines that were logged at each call. */
function certificates(dataDir: string) {
  return async (options: LanCertificateOptions & { addresses?: string[] } = {}) => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const certificate = await lanCertificate(dataDir, options.addresses ?? addresses, {
      hostname: "Desk.example.org",
      now,
      log,
      ...options,
    });
    return { ...certificate, lines };
  };
}

function leafOf({ cert }: { cert: string }): X509Certificate {
  return new X509Certificate(cert);
}

Deno.test("the leaf holds for this machine's addresses and names, for at most 90 days, as a server only", async () => {
  await withDataDir(async (dataDir) => {
    const certificate = await certificates(dataDir)();
    const leaf = leafOf(certificate);
    const names = leaf.getExtension(SubjectAlternativeNameExtension)?.names.items.map(({ value }) => value) ?? [];
    assertEquals(names.sort(), [
      "127.0.0.1",
      "192.168.1.23",
      "::1",
      "desk.example.org",
      "desk.local",
      "fd00::2",
      "localhost",
    ]);
    assertEquals(certificate.hosts, [
      "127.0.0.1",
      "[::1]",
      "192.168.1.23",
      "[fd00::2]",
      "localhost",
      "desk.example.org",
      "desk.local",
    ]);
    assertEquals(certificate.addresses, addresses);
    assertEquals([...leaf.getExtension(ExtendedKeyUsageExtension)?.usages ?? []], ["1.3.6.1.5.5.7.3.1"]);
    assertEquals(leaf.getExtension(BasicConstraintsExtension)?.ca, false);
    assertEquals((leaf.notAfter.getTime() - leaf.notBefore.getTime()) / dayMs, 90);
    assert(leaf.notBefore.getTime() <= now.getTime() - dayMs, "clocks of phones may be slow");
    const authority = new X509Certificate(certificate.caDer);
    assertEquals(authority.subject, "CN=Nacre on Desk.example.org\\, 2026-03-01");
    assertEquals(Math.round((authority.notAfter.getTime() - now.getTime()) / dayMs), 3650);
    assertEquals(certificate.lines, []);
  });
});

Deno.test("keys are for this user only", async () => {
  await withDataDir(async (dataDir) => {
    const certificate = certificates(dataDir);
    await certificate();
    const mode = (name: string) => (Deno.statSync(`${dataDir}/devices/tls/${name}`).mode ?? 0) & 0o777;
    assertEquals(mode("."), 0o700);
    for (const { name } of Deno.readDirSync(`${dataDir}/devices/tls`)) assertEquals(mode(name), 0o600, name);
    Deno.chmodSync(`${dataDir}/devices/tls/ca.key`, 0o644);
    const { lines } = await certificate();
    assertEquals(mode("ca.key"), 0o600);
    assertMatch(lines.join("\n"), /^\S+ca\.key could be read by other users of this machine; now only you can$/);
  });
});

Deno.test("the same certificate serves until its addresses change or its end is near; the authority stays", async () => {
  await withDataDir(async (dataDir) => {
    const certificate = certificates(dataDir);
    const first = await certificate();
    const again = await certificate({ addresses: addresses.toReversed() });
    assertEquals(again.cert, first.cert);
    assertEquals(again.lines, []);

    const moved = await certificate({ addresses: ["10.0.0.7"] });
    assertEquals(moved.lines, ["renewed the certificate of the probe page: this machine has other addresses now"]);
    assertEquals(moved.caPem, first.caPem);

    const before = await certificate({ addresses: ["10.0.0.7"], now: new Date(now.getTime() + 74 * dayMs) });
    assertEquals(before.cert, moved.cert);
    const late = await certificate({ addresses: ["10.0.0.7"], now: new Date(now.getTime() + 76 * dayMs) });
    assertEquals(late.lines, ["renewed the certificate of the probe page: it is near its end"]);
    assertEquals(late.caPem, first.caPem);
    assert(leafOf(late).notAfter > leafOf(moved).notAfter);
  });
});

const damages: Record<string, { damage: (folder: string) => void; reason: string }> = {
  "no key": { damage: (folder) => Deno.removeSync(`${folder}/ca.key`), reason: "ca.key is missing" },
  "no certificate": { damage: (folder) => Deno.removeSync(`${folder}/ca.pem`), reason: "ca.pem is missing" },
  "rubbish": {
    damage: (folder) => Deno.writeTextFileSync(`${folder}/ca.pem`, "rubbish"),
    reason: "ca.pem is no certificate",
  },
  "a truncated key": {
    damage: (folder) => Deno.truncateSync(`${folder}/ca.key`, 60),
    reason: "ca.key is not the key of ca.pem",
  },
  "another key": {
    damage: (folder) => Deno.copyFileSync(`${folder}/leaf.key`, `${folder}/ca.key`),
    reason: "ca.key is not the key of ca.pem",
  },
  "a leaf in its place": {
    damage: (folder) => Deno.copyFileSync(`${folder}/leaf.pem`, `${folder}/ca.pem`),
    reason: "ca.pem is no authority",
  },
};

for (const [name, { damage, reason }] of Object.entries(damages)) {
  Deno.test(`a broken authority is made anew, and phones are spoken of: ${name}`, async () => {
    await withDataDir(async (dataDir) => {
      const certificate = certificates(dataDir);
      const first = await certificate();
      damage(`${dataDir}/devices/tls`);
      const second = await certificate();
      assert(second.caPem !== first.caPem);
      assertStringIncludes(second.lines[0], `could not be used (${reason})`);
      assertStringIncludes(second.lines[0], "phones that know the old one have to install it anew");
      assertEquals(second.lines[1], "renewed the certificate of the probe page: it is of another authority");
      const third = await certificate();
      assertEquals(third.cert, second.cert);
      assertEquals(third.lines, []);
    });
  });
}

Deno.test("an authority near its end is made anew", async () => {
  await withDataDir(async (dataDir) => {
    const certificate = certificates(dataDir);
    await certificate();
    const { lines } = await certificate({ now: new Date(now.getTime() + 3600 * dayMs) });
    assertStringIncludes(lines[0], "(ca.pem ends on 2036-02-27)");
  });
});

Deno.test("a public address is told of, and needs an authority that may vouch for it", async () => {
  await withDataDir(async (dataDir) => {
    const certificate = certificates(dataDir);
    const open = await certificate({ addresses: ["192.168.1.23", "203.0.113.9"] });
    assertEquals(open.lines.length, 1);
    assertMatch(open.lines[0], /^this machine's address 203\.0\.113\.9 is not of a private network, so that the new/);
    const home = await certificate();
    assertEquals(home.caPem, open.caPem, "one that may do more serves on");
  });
  await withDataDir(async (dataDir) => {
    const certificate = certificates(dataDir);
    const home = await certificate();
    const moved = await certificate({ addresses: ["203.0.113.9"] });
    assert(moved.caPem !== home.caPem);
    assert(moved.lines.some((line) => line.includes("(ca.pem is for private addresses, and 203.0.113.9 is none)")));
  });
});

Deno.test("a broken leaf is made anew under the same authority", async () => {
  await withDataDir(async (dataDir) => {
    const certificate = certificates(dataDir);
    const first = await certificate();
    Deno.removeSync(`${dataDir}/devices/tls/leaf.key`);
    const second = await certificate();
    assertEquals(second.lines, ["renewed the certificate of the probe page: its files are broken"]);
    assertEquals(second.caPem, first.caPem);
  });
});

Deno.test("a machine that got another name keeps its authority, which does not vouch for that name", async () => {
  await withDataDir(async (dataDir) => {
    const certificate = certificates(dataDir);
    const first = await certificate();
    const renamed = await certificate({ hostname: "bank.example" });
    assertEquals(renamed.caPem, first.caPem);
    assertEquals(renamed.hosts.slice(-2), ["localhost", "bank.local"]);
  });
});

Deno.test("Deno's TLS accepts the chain for every address and name, and refuses it without the authority", async () => {
  await withDataDir(async (dataDir) => {
    const { cert, key, caPem } = await lanCertificate(dataDir, ["127.0.0.1"]);
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, cert, key, onListen() {} }, () => new Response("page"));
    const client = Deno.createHttpClient({ caCerts: [caPem] });
    try {
      for (const host of ["127.0.0.1", "localhost"]) {
        const response = await fetch(`https://${host}:${server.addr.port}/`, { client });
        assertEquals(await response.text(), "page");
      }
      const refused = await assertRejects(() => fetch(`https://127.0.0.1:${server.addr.port}/`), TypeError);
      assertStringIncludes(String(refused.cause ?? refused), "UnknownIssuer");
    } finally {
      client.close();
      await server.shutdown();
    }
  });
});

async function openssl(...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command("openssl", { args, stdin: "null" }).output();
    return `${success ? "" : "failed: "}${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const hasOpenssl = await openssl("version") !== undefined;
if (!hasOpenssl) console.log("skipped: openssl agrees about the chain: no openssl found on PATH");

Deno.test({
  name: "openssl agrees about the chain and its constraints",
  ignore: !hasOpenssl,
  async fn() {
    await withDataDir(async (dataDir) => {
      await lanCertificate(dataDir, addresses, { hostname: "desk.example.org" });
      const folder = `${dataDir}/devices/tls`;
      const verify = (...more: string[]) =>
        openssl("verify", "-x509_strict", "-CAfile", `${folder}/ca.pem`, ...more, `${folder}/leaf.pem`);
      assertMatch(await verify("-purpose", "sslserver", "-verify_ip", "192.168.1.23") ?? "", /leaf\.pem: OK/);
      assertMatch(await verify("-verify_hostname", "desk.local") ?? "", /leaf\.pem: OK/);
      assertMatch(await verify("-verify_ip", "192.168.1.24") ?? "", /^failed: .*IP address mismatch/s);
      const text = await openssl("x509", "-in", `${folder}/ca.pem`, "-noout", "-text") ?? "";
      assertMatch(
        text,
        /Name Constraints: critical\s+Permitted:\s+DNS:localhost\s+DNS:local\s+DNS:desk\.example\.org\s/,
      );

      // Whoever steals the key can make no certificate of a site of the internet that holds.
      const request = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=other"];
      for (const name of ["DNS:example.com", "IP:8.8.8.8", "IP:172.32.0.1", "IP:2001:db8::1", "IP:192.168.7.7"]) {
        const made = await openssl(
          ...["req", "-x509", ...request, "-keyout", `${folder}/other.key`, "-out", `${folder}/other.pem`],
          ...["-CA", `${folder}/ca.pem`, "-CAkey", `${folder}/ca.key`, "-addext", `subjectAltName=${name}`],
        );
        assert(made !== undefined && !made.startsWith("failed"), made);
        const other = await openssl("verify", "-CAfile", `${folder}/ca.pem`, `${folder}/other.pem`) ?? "";
        if (name.includes("192.168.")) assertMatch(other, /other\.pem: OK/);
        else assertMatch(other, /^failed: .*permitted subtree violation/s, name);
      }
    });
  },
});

Deno.test("the profile for iOS holds the authority, under stable identifiers", async () => {
  await withDataDir(async (dataDir) => {
    const { caDer } = await certificates(dataDir)({ hostname: "desk<&>" });
    const profile = iosProfile(caDer);
    assertEquals(iosProfile(caDer), profile);
    const data = profile.match(/<data>([^<]+)<\/data>/)?.[1] ?? "";
    assertEquals(Uint8Array.fromBase64(data), caDer);
    assertStringIncludes(profile, "com.apple.security.root");
    assertStringIncludes(profile, "<string>Nacre on desk&lt;&amp;&gt;, 2026-03-01</string>");
    const uuids = [...profile.matchAll(/PayloadUUID<\/key><string>([^<]+)/g)].map(([, uuid]) => uuid);
    for (const uuid of uuids) assertMatch(uuid, /^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-8[0-9A-F]{3}-[0-9A-F]{12}$/);
    assertEquals(new Set(uuids).size, 2);
  });
});

Deno.test("addresses of the local network are those that a URL can name from elsewhere", () => {
  const known = (family: "IPv4" | "IPv6", address: string) =>
    ({ family, address, name: "x", netmask: "", scopeid: null, cidr: "", mac: "" }) as Deno.NetworkInterfaceInfo;
  const found = lanAddresses([
    known("IPv6", "fd00::2"),
    known("IPv4", "127.0.0.1"),
    known("IPv4", "192.168.1.23"),
    known("IPv6", "::1"),
    known("IPv6", "fe80::1"),
    known("IPv4", "172.17.0.1"),
  ]);
  assertEquals(found, ["192.168.1.23", "172.17.0.1"], "the server listens on IPv4 only");
});

Deno.test("names of the local network are host names", () => {
  assertEquals(lanHostNames("Desk"), ["desk", "desk.local"]);
  assertEquals(lanHostNames("desk.local"), ["desk.local"]);
  assertEquals(lanHostNames("desk.example.org"), ["desk.example.org", "desk.local"]);
  for (const name of ["localhost", "a b", "", "desk<&>", "x".repeat(64)]) assertEquals(lanHostNames(name), []);
});

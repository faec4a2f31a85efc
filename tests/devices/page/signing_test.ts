import { assert, assertEquals } from "@std/assert";
import { signPairing } from "../../../devices/page/api.ts";
import { createKey } from "../../../devices/page/key_store.ts";
import { sha256Hex, signBody } from "../../../devices/page/signing.ts";
import { publicKeySchema, signedText } from "../../../devices/protocol/wire.ts";

const lease = { job: crypto.randomUUID(), nonce: "n".repeat(22), requestHash: "0".repeat(64) };

async function verified(publicKey: JsonWebKey, signature: string, text: string): Promise<boolean> {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", publicKey, curve, false, ["verify"]);
  const bytes = Uint8Array.from(atob(signature.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, bytes, new TextEncoder().encode(text));
}

Deno.test("a key pair cannot be exported and its public half fits the wire", async () => {
  const { privateKey, publicKey } = await createKey();
  assertEquals(privateKey.extractable, false);
  assertEquals(publicKeySchema.parse(publicKey), publicKey);
});

Deno.test("a body is signed for one lease and one path", async () => {
  const { privateKey, publicKey } = await createKey();
  const body = '{"rounds":[[0.1,0.2,0.3]],"name":"größe"}';
  const signature = await signBody(privateKey, "/api/jobs/a/samples", { ...lease } as never, body);
  // SHA-256 as another implementation gives it.
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256").update(body).digest("hex");
  assertEquals(await sha256Hex(new TextEncoder().encode(body)), hash);
  assert(await verified(publicKey, signature, signedText("/api/jobs/a/samples", lease, hash)));
  assertEquals(await verified(publicKey, signature, signedText("/api/jobs/b/samples", lease, hash)), false);
  assertEquals(
    await verified(publicKey, signature, signedText("/api/jobs/a/samples", { ...lease, nonce: "m".repeat(22) }, hash)),
    false,
  );
});

Deno.test("a pairing is signed over the token", async () => {
  const { privateKey, publicKey } = await createKey();
  assert(await verified(publicKey, await signPairing(privateKey, "token"), "pair\ntoken"));
});

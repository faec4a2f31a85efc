// The page's keys, in IndexedDB: the only place where a browser keeps a private key that no script can read out.
import type { PublicKey } from "../protocol/wire.ts";

/** A P-256 key pair whose private half cannot be exported. */
export interface DeviceKey {
  privateKey: CryptoKey;
  publicKey: PublicKey;
}

/** A pairing under way, so that a reload in its midst goes on with it. */
export interface PendingPairing {
  token: string;
  key: DeviceKey;
  name?: string;
}

export interface KeyStore {
  device(): Promise<DeviceKey | undefined>;
  pending(): Promise<PendingPairing | undefined>;
  setPending(pairing: PendingPairing): Promise<void>;
  /** The key of a pairing becomes this browser's. */
  adopt(pairing: PendingPairing): Promise<void>;
}

const deadlineMs = 10_000;
const storeName = "keys";
const blocked = "this browser lets the page keep no key (a private window?): open the link in an ordinary window";

/** A new pair. */
export async function createKey(): Promise<DeviceKey> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  if (!x || !y) throw new Error("this browser made a key without coordinates");
  return { privateKey: pair.privateKey, publicKey: { kty: "EC", crv: "P-256", x, y } };
}

/** Opens the store. Error for people where the browser forbids it. */
export async function openKeyStore(): Promise<KeyStore> {
  const database = await settled(() => {
    const request = indexedDB.open("nacre", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(storeName);
    return request;
  });
  const read = <Value>(slot: string) =>
    settled<Value | undefined>(() => database.transaction(storeName).objectStore(storeName).get(slot));
  // Durable before it is relied on: a key lost to a power cut would cost the pairing.
  const write = async (change: (store: IDBObjectStore) => IDBRequest) => {
    const transaction = database.transaction(storeName, "readwrite", { durability: "strict" });
    const done = completed(transaction);
    done.catch(() => {});
    await settled(() => change(transaction.objectStore(storeName)));
    await done;
  };
  return {
    device: () => read<DeviceKey>("device"),
    pending: () => read<PendingPairing>("pending"),
    setPending: (pairing) => write((store) => store.put(pairing, "pending")),
    adopt: (pairing) =>
      write((store) => {
        store.put(pairing.key, "device");
        return store.delete("pending");
      }),
  };
}

function settled<Value>(start: () => IDBRequest<Value>): Promise<Value> {
  return within(
    new Promise((resolve, reject) => {
      const request = start();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    }),
  );
}

function completed(transaction: IDBTransaction): Promise<void> {
  return within(
    new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    }),
  );
}

/** What fails or never settles (both occur in private windows) is explained in one way. */
async function within<Value>(work: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("no answer from IndexedDB")), deadlineMs);
      }),
    ]);
  } catch (error) {
    throw new Error(blocked, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

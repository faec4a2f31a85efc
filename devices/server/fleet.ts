// The paired browsers in memory, each with its own queue, over what the store holds. Devices share no state: one that is
// slow or gone costs the others nothing.
import type { LoadRequest, RawLoad } from "../../src/schemas/measurement.ts";
import { contentHash } from "../../src/schemas/architecture.ts";
import { DeviceGoneError } from "../device.ts";
import type { PairedDevice } from "../hub.ts";
import type { PublicKey } from "../protocol/wire.ts";
import type { Audit } from "./audit.ts";
import { type DeviceRecord, DeviceStore } from "./device_store.ts";
import { attempts, type Job, jobOfRow, termsOf } from "./job.ts";
import { JobQueue } from "./job_queue.ts";
import { JobStore } from "./job_store.ts";
import type { Database } from "./open_database.ts";
import { isOwnAddress } from "./own_address.ts";
import { createSecret, hashOf } from "./secrets.ts";
import { importPublicKey } from "./signature.ts";
import { toldOnce } from "./told_once.ts";

export interface FleetDevice {
  record: DeviceRecord;
  key: Promise<CryptoKey>;
  readonly queue: JobQueue;
  /** Where it was last seen; absent while it was not. */
  address?: string;
  /** Whether that is this machine. */
  local?: boolean;
}

export interface LoadOrder {
  /** Chosen by the requester: asking twice under one id is asking once. */
  id: string;
  /** Name of the device as `owner` sees it. */
  name: string;
  /** The program that asks. */
  owner: string;
  request: LoadRequest;
  files: Readonly<Record<string, string>>;
  waitMs: number;
  /** On the fleet's clock; Infinity for this program itself. */
  until: number;
}

const tickMs = 500;
const pruneMs = 3_600_000;
const seenWrittenMs = 60_000;
const temporaryKeptMs = 86_400_000;

export class Fleet {
  readonly #devices = new Map<string, FleetDevice>();
  readonly #bySession = new Map<string, FleetDevice>();
  readonly #jobs = new Map<string, Job>();
  readonly #jobsOf = new Map<string, Set<Job>>();
  readonly #store: DeviceStore;
  readonly #jobStore: JobStore;
  readonly #tick: ReturnType<typeof setInterval>;
  readonly #tell: (line: string) => void;
  #prunedAt: number;

  constructor(
    readonly dependencies: {
      database: Database;
      audit: Audit;
      now: () => number;
      ownName: string;
      /** Lines for people. */
      log?: (line: string) => void;
    },
  ) {
    const { database, now, log } = dependencies;
    this.#tell = toldOnce(log);
    this.#store = new DeviceStore(database);
    this.#jobStore = new JobStore(database);
    this.#prunedAt = now();
    this.#jobStore.prune(this.#prunedAt);
    for (const record of this.#store.all()) {
      // Temporary pairings end with their program; that may still run, and only this one have been started anew.
      if (record.owner !== null && now() - record.pairedAt > temporaryKeptMs) this.#store.remove(record);
      else this.#add(record);
    }
    for (const row of this.#jobStore.all()) {
      const job = jobOfRow(row, () => this.#jobStore.chunks(row.id), now());
      this.#know(job);
    }
    const spent = Map.groupBy(this.#jobStore.spent(), ({ device }) => device);
    for (const [id, { queue }] of this.#devices) queue.restore([...this.#jobsOf.get(id) ?? []], spent.get(id) ?? []);
    this.#tick = setInterval(() => this.tick(), tickMs);
  }

  #add(record: DeviceRecord): FleetDevice {
    const { audit, now } = this.dependencies;
    const key = importPublicKey(record.publicKey);
    // Refused where it is used.
    key.catch(() => {});
    const queue = new JobQueue({ name: record.name, store: this.#jobStore, audit, now });
    const device = { record, key, queue };
    this.#devices.set(record.id, device);
    this.#bySession.set(record.sessionHash, device);
    return device;
  }

  /** The device that holds this session cookie. */
  deviceOf(session: string): FleetDevice | undefined {
    return this.#bySession.get(hashOf(session));
  }

  /** The device that `owner` calls so: its own temporary one, else the lasting one. */
  find(name: string, owner: string): FleetDevice | undefined {
    return this.#devices.get(`${owner}/${name}`) ?? this.#devices.get(name);
  }

  /** Pairs a browser, in place of an earlier one of that name; gives its session cookie. */
  admit(
    { name, owner, publicKey, userAgent, address }: {
      name: string;
      owner?: string;
      publicKey: PublicKey;
      userAgent: string;
      /** Where it asked from. */
      address?: string;
    },
  ): string {
    const session = createSecret();
    const at = this.dependencies.now();
    const record: DeviceRecord = {
      id: owner === undefined ? name : `${owner}/${name}`,
      name,
      owner: owner ?? null,
      publicKey,
      sessionHash: hashOf(session),
      userAgent,
      pairedAt: at,
      lastSeenAt: at,
    };
    this.#store.put(record);
    const earlier = this.#devices.get(record.id);
    const device = earlier ?? this.#add(record);
    if (address !== undefined) this.seenAt(device, address);
    if (earlier) {
      this.#bySession.delete(earlier.record.sessionHash);
      earlier.record = record;
      earlier.key = importPublicKey(publicKey);
      earlier.key.catch(() => {});
      this.#bySession.set(record.sessionHash, earlier);
      this.#guarded(() => earlier.queue.handOver());
    }
    return session;
  }

  /** A new session cookie for a device, in place of its present one. */
  renewSession(device: FleetDevice): string {
    const session = createSecret();
    const sessionHash = hashOf(session);
    this.#store.setSession(device.record.id, sessionHash);
    this.#bySession.delete(device.record.sessionHash);
    device.record = { ...device.record, sessionHash };
    this.#bySession.set(device.record.sessionHash, device);
    return session;
  }

  /** A request of the device came from `address`. */
  seenAt(device: FleetDevice, address: string): void {
    if (device.address === address) return;
    device.address = address;
    device.local = isOwnAddress(address);
  }

  /** A new load of a paired page. */
  claim(device: FleetDevice, page: string): void {
    device.queue.claim(page);
  }

  /** Ends a pairing. */
  remove(device: FleetDevice): void {
    const { record, queue } = device;
    this.#store.remove(record);
    this.#devices.delete(record.id);
    this.#bySession.delete(record.sessionHash);
    queue.end("revoked");
  }

  /** Ends the temporary pairings of a program. */
  removeOwned(owner: string): void {
    for (const device of [...this.#devices.values()]) {
      if (device.record.owner === owner) this.#guarded(() => this.remove(device));
    }
  }

  /** Names of lasting pairings. */
  names(): string[] {
    return this.lasting().map(({ name }) => name);
  }

  lasting(): PairedDevice[] {
    return [...this.#devices.values()].filter(({ record }) => record.owner === null).map((
      { local, record, queue },
    ) => ({
      name: record.name,
      description: record.userAgent,
      presence: queue.presence(),
      pairedAt: Math.round(record.pairedAt),
      lastSeenAt: Math.round(Math.max(record.lastSeenAt, queue.lastSeenAt())),
      ...local !== undefined && { local },
    }));
  }

  /**
   * The job of this order: a new one, the same one asked for before, or one that a program which is gone left behind.
   * DeviceGoneError where the device is not paired.
   */
  order({ id, name, owner, request, files, waitMs, until }: LoadOrder): Job {
    const now = this.dependencies.now();
    const device = this.find(name, owner);
    if (!device) throw new DeviceGoneError(name, `device "${name}" is not paired`);
    const requester = { until, since: now, waitMs };
    const requestHash = contentHash(request);
    const known = this.#jobs.get(id) ??
      this.#jobsOf.get(device.record.id)?.values().find((job) =>
        job.requestHash === requestHash && !isWanted(job, now) && job.outcome?.kind !== "failed"
      );
    if (known) {
      known.requester = requester;
      this.#guarded(() => device.queue.handOut());
      return known;
    }
    const job: Job = {
      id,
      device: device.record.id,
      request: JSON.stringify(request),
      requestHash,
      ...termsOf(request),
      files,
      attemptsLeft: attempts,
      reason: null,
      requester,
      watchers: new Set(),
    };
    device.queue.add(job);
    this.#know(job);
    this.#guarded(() => device.queue.handOut());
    return job;
  }

  job(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  activity(job: Job): string {
    return this.#devices.get(job.device)?.queue.activity(job) ?? "its pairing was ended";
  }

  /** What a completed job brought. */
  result(job: Job): RawLoad {
    const report = this.#jobStore.report(job.id);
    if (report === undefined) throw new Error(`job ${job.id} has no report`);
    return {
      report: JSON.parse(report).outcome.report,
      rounds: this.#jobStore.chunks(job.id).flatMap(({ body }) => JSON.parse(body).rounds),
    };
  }

  /** The requester has taken the result, or wants the job no more. */
  forget(job: Job): void {
    this.#unknow(job);
    const queue = this.#devices.get(job.device)?.queue;
    if (!queue) return this.#jobStore.remove(job.id);
    queue.drop(job);
    this.#guarded(() => queue.handOut());
  }

  tick(): void {
    const now = this.dependencies.now();
    for (const device of this.#devices.values()) {
      this.#guarded(() => {
        device.queue.tick();
        if (device.queue.lastSeenAt() - device.record.lastSeenAt > seenWrittenMs) this.#saveSeen(device);
      });
    }
    if (now - this.#prunedAt > pruneMs) {
      this.#prunedAt = now;
      this.#guarded(() => {
        this.#jobStore.prune(now);
        const kept = new Set(this.#jobStore.ids());
        for (const job of this.#jobs.values()) if (job.outcome && !kept.has(job.id)) this.#unknow(job);
      });
    }
  }

  /** Does what the next tick tries again if the store fails (a full disk). */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tell(`the store of jobs and pairings fails: ${(error as Error).message}; it is tried again`);
    }
  }

  /**
   * Tells pages that it is over, unless it goes on in another program; what is stored stays, but for this program's own
   * temporary pairings.
   */
  close({ goesOn = false }: { goesOn?: boolean } = {}): void {
    clearInterval(this.#tick);
    for (const device of this.#devices.values()) {
      if (goesOn) device.queue.letGo();
      else device.queue.end("closed");
      this.#saveSeen(device);
    }
    this.removeOwned(this.dependencies.ownName);
  }

  #know(job: Job): void {
    this.#jobs.set(job.id, job);
    const jobs = this.#jobsOf.get(job.device) ?? new Set();
    this.#jobsOf.set(job.device, jobs.add(job));
  }

  #unknow(job: Job): void {
    this.#jobs.delete(job.id);
    const jobs = this.#jobsOf.get(job.device);
    jobs?.delete(job);
    if (jobs?.size === 0) this.#jobsOf.delete(job.device);
  }

  #saveSeen(device: FleetDevice): void {
    const lastSeenAt = device.queue.lastSeenAt();
    if (lastSeenAt <= device.record.lastSeenAt) return;
    device.record = { ...device.record, lastSeenAt };
    this.#store.seen(device.record.id, lastSeenAt);
  }
}

function isWanted(job: Job, now: number): boolean {
  return job.requester !== undefined && job.requester.until > now;
}

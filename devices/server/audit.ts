// What happened to pairings and what was refused: one line of JSON per event, for whoever has to find out later. Never a
// token, cookie, nonce or signature. Strangers can cause refusals as they like: these have a file of their own, so that
// they push nothing else out.
import { devicesFolder } from "./open_database.ts";
import { toldOnce } from "./told_once.ts";

export type AuditEvent =
  | "started"
  | "stopped"
  | "link opened"
  | "asked"
  | "approved"
  | "refused"
  | "expired"
  | "paired"
  | "revoked"
  | "rejected request"
  | "quarantined";

export interface AuditFields {
  device?: string;
  address?: string;
  path?: string;
  job?: string;
  status?: number;
  reason?: string;
}

export type Audit = (event: AuditEvent, fields?: AuditFields) => void;

const rotateBytes = 5_000_000;
const linesPerSecond = 50;

/** Appends lines to `<path>.jsonl`; beyond 5 MB that becomes `<path>.1.jsonl` in place of an older one. */
function createLog(path: string): (line: object) => void {
  return (line) => {
    const text = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    // Looked at each time: somebody may have taken the file away.
    if (sizeOf(`${path}.jsonl`) + text.length > rotateBytes) Deno.renameSync(`${path}.jsonl`, `${path}.1.jsonl`);
    Deno.writeFileSync(`${path}.jsonl`, text, { append: true, mode: 0o600 });
  };
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/**
 * Appends to `<dataDir>/devices/audit.jsonl`, refused requests to rejected.jsonl beside it, at most 50 a second. Where that
 * fails, `log` is told, and what was to be written goes on.
 */
export function createAudit(dataDir: string, { log }: { log?: (line: string) => void } = {}): Audit {
  const folder = devicesFolder(dataDir);
  const append = createLog(`${folder}/audit`);
  const appendRejected = createLog(`${folder}/rejected`);
  const tell = toldOnce(log);
  let second = 0;
  let written = 0;
  let left = 0;

  function write(event: AuditEvent, fields: AuditFields): void {
    const at = new Date();
    const line = { at: at.toISOString(), event, ...fields };
    if (event !== "rejected request") return append(line);
    const now = Math.floor(at.getTime() / 1000);
    if (now !== second) {
      if (left > 0) appendRejected({ at: line.at, event, reason: `${left} more were not written` });
      [second, written, left] = [now, 0, 0];
    }
    if (++written > linesPerSecond) left++;
    else appendRejected(line);
  }

  return (event, fields = {}) => {
    try {
      write(event, fields);
    } catch (error) {
      tell(`the log of what devices were allowed cannot be written: ${(error as Error).message}`);
    }
  };
}

// What happened to pairings and what was refused: one line of JSON per event, for whoever has to find out later. Never a
// token, cookie, nonce or signature.
import { devicesFolder } from "./open_database.ts";

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

/** Appends to `<dataDir>/devices/audit.jsonl`; beyond 5 MB the file becomes audit.1.jsonl in place of an older one. */
export function createAudit(dataDir: string): Audit {
  const path = `${devicesFolder(dataDir)}/audit.jsonl`;
  let bytes = sizeOf(path);
  let second = 0;
  let written = 0;
  let left = 0;

  function append(line: object): void {
    const text = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    if (bytes + text.length > rotateBytes) {
      Deno.renameSync(path, `${path.slice(0, -".jsonl".length)}.1.jsonl`);
      bytes = 0;
    }
    Deno.writeFileSync(path, text, { append: true, mode: 0o600 });
    bytes += text.length;
  }

  return (event, fields = {}) => {
    const at = new Date();
    const now = Math.floor(at.getTime() / 1000);
    if (now !== second) {
      if (left > 0) {
        append({ at: at.toISOString(), event: "rejected request", reason: `${left} more were not written` });
      }
      [second, written, left] = [now, 0, 0];
    }
    // Only refusals can be made to come in floods.
    if (event === "rejected request" && ++written > linesPerSecond) left++;
    else append({ at: at.toISOString(), event, ...fields });
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

// Fetches a model's file from the server: by its content's hash, which is checked.
import { sha256Hex } from "./signing.ts";

export interface Download {
  fetch: (path: string, init: RequestInit) => Promise<Response>;
  /** Told how much has come, and of how much where the server says. */
  onProgress: (bytes: number, total: number | undefined) => void;
  signal?: AbortSignal;
  /** After so long without a byte the file is asked for anew. Default 30 s. */
  silenceMs?: number;
}

const attempts = 3;

/** The bytes of the file with that SHA-256. Error in one line where it cannot be had. */
export async function fetchModelFile(sha256: string, download: Download): Promise<Uint8Array<ArrayBuffer>> {
  for (let attemptsLeft = attempts - 1;; attemptsLeft--) {
    try {
      const bytes = await fetchOnce(sha256, download);
      const came = await sha256Hex(bytes);
      if (came !== sha256) throw new Error(`its content has the hash ${came.slice(0, 12)}, not ${sha256.slice(0, 12)}`);
      return bytes;
    } catch (error) {
      download.signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      if (attemptsLeft === 0) throw new Error(`Cannot fetch a file of the model: ${reason}`);
    }
  }
}

async function fetchOnce(sha256: string, download: Download): Promise<Uint8Array<ArrayBuffer>> {
  const { signal, onProgress, silenceMs = 30_000 } = download;
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error(`nothing came for ${silenceMs / 1000} s`)), silenceMs);
  };
  heard();
  try {
    const response = await download.fetch(`/models/${sha256}`, {
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    });
    if (!response.ok || !response.body) throw new Error(`the server answered with status ${response.status}`);
    const total = Number(response.headers.get("Content-Length")) || undefined;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      heard();
      parts.push(part.value);
      length += part.value.length;
      onProgress(length, total);
    }
    return joined(parts, length);
  } finally {
    clearTimeout(timer);
  }
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

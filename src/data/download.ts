import { DataUnavailableError } from "./source.ts";

const defaultConnectMs = 10_000;
const defaultSilenceMs = 30_000;

export interface DownloadOptions {
  onProgress: (receivedBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
  /** Until the host answers. */
  connectMs?: number;
  /** Between two pieces. */
  silenceMs?: number;
}

/** Downloads `url` into memory. Throws the signal's reason where aborted, else a DataUnavailableError naming the URL. */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { onProgress, signal, connectMs = defaultConnectMs, silenceMs = defaultSilenceMs } = options;
  const deadline = new AbortController();
  let timer = setTimeout(() => deadline.abort(new Error(`no answer within ${connectMs / 1000} s`)), connectMs);
  try {
    const stop = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal;
    const response = await fetch(url, { signal: stop });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`HTTP status ${response.status}`);
    }
    const totalBytes = Number(response.headers.get("content-length") ?? 0);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let receivedBytes = 0;
    const awaitPiece = () => {
      clearTimeout(timer);
      timer = setTimeout(() => deadline.abort(new Error(`silent for ${silenceMs / 1000} s`)), silenceMs);
    };
    awaitPiece();
    for await (const piece of response.body) {
      awaitPiece();
      pieces.push(piece);
      receivedBytes += piece.length;
      onProgress(receivedBytes, Math.max(totalBytes, receivedBytes));
    }
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  } catch (error) {
    signal?.throwIfAborted();
    throw new DataUnavailableError(`${url}: ${reasonOf(error as Error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** What is behind Deno's "fetch failed", without the URL again. */
function reasonOf(error: Error): string {
  const message = error.cause instanceof Error ? error.cause.message : error.message;
  return message.replace(/^error sending request for url \(\S+\): /, "");
}

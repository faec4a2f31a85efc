import type { Asset } from "./assets.ts";
import type { AppContext } from "./guards.ts";

/** A file of the page: revalidated on each load (a new version of Nacre may have another), compressed where accepted. */
export async function serveAsset(c: AppContext, { type, etag, bytes, open, gzip }: Asset): Promise<Response> {
  c.header("Cache-Control", "no-cache");
  c.header("ETag", etag);
  if (c.req.header("If-None-Match") === etag) return c.body(null, 304);
  c.header("Content-Type", type);
  c.header("Vary", "Accept-Encoding");
  if (gzip && /\bgzip\b/.test(c.req.header("Accept-Encoding") ?? "")) {
    c.header("Content-Encoding", "gzip");
    return c.body(gzip);
  }
  c.header("Content-Length", String(bytes));
  const body = c.req.method === "HEAD" ? null : await open();
  if (body === null) return c.body(null);
  return body instanceof Uint8Array ? c.body(body) : c.body(body);
}

/**
 * A file of a model, streamed. `onBytes` is called while it goes out. Null where there is no such file any more.
 */
export async function serveModelFile(c: AppContext, path: string, onBytes: () => void): Promise<Response | null> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const { size } = await file.stat();
  c.header("Content-Type", "application/octet-stream");
  c.header("Content-Length", String(size));
  if (c.req.method === "HEAD") {
    file.close();
    return c.body(null);
  }
  const counted = file.readable.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(part, controller) {
        onBytes();
        controller.enqueue(part);
      },
    }),
  );
  return c.body(counted);
}

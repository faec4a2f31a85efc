import type { Line } from "../../../devices/page/post.ts";

export interface Request {
  path: string;
  // deno-lint-ignore no-explicit-any -- tests look into bodies of every kind
  body: any;
  headers: Headers;
}

/** A line whose server is a function, and whose pauses take no time. */
export function fakeLine(answer: (request: Request) => Response | Promise<Response>) {
  const requests: Request[] = [];
  const pausesMs: number[] = [];
  const lost: (number | null)[] = [];
  const line: Line = {
    fetch: async (path, init) => {
      init.signal?.throwIfAborted();
      const request = { path, body: JSON.parse(String(init.body)), headers: new Headers(init.headers) };
      requests.push(request);
      return await answer(request);
    },
    pause: (milliseconds) => {
      pausesMs.push(milliseconds);
      return Promise.resolve();
    },
    onLost: (seconds) => lost.push(seconds),
  };
  return { line, requests, pausesMs, lost };
}

/** Storage without a browser. */
export function fakeStorage() {
  const entries = new Map<string, string>();
  return {
    entries,
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  };
}

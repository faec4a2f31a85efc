import { assertEquals, assertRejects } from "@std/assert";
import { fetchModelFile } from "../../../devices/page/model_file.ts";
import { sha256Hex } from "../../../devices/page/signing.ts";

const content = new TextEncoder().encode("weights ".repeat(1000));
const sha256 = await sha256Hex(content);

function downloadOf(answers: (() => Response | Promise<Response>)[]) {
  const paths: string[] = [];
  const seen: [number, number | undefined][] = [];
  return {
    paths,
    seen,
    download: {
      fetch: async (path: string) => {
        paths.push(path);
        return await answers[Math.min(paths.length, answers.length) - 1]();
      },
      onProgress: (bytes: number, total: number | undefined) => void seen.push([bytes, total]),
    },
  };
}

const whole = () => new Response(content, { headers: { "Content-Length": String(content.length) } });

Deno.test("a file comes by its hash, with its progress", async () => {
  const { download, paths, seen } = downloadOf([whole]);
  assertEquals(await fetchModelFile(sha256, download), content);
  assertEquals(paths, [`/models/${sha256}`]);
  assertEquals(seen.at(-1), [content.length, content.length]);
});

Deno.test("a file with another content is never used", async () => {
  const { download, paths } = downloadOf([() => new Response("something else")]);
  await assertRejects(() => fetchModelFile(sha256, download), Error, "its content has the hash");
  assertEquals(paths.length, 3);
});

Deno.test("a download that breaks off is begun again", async () => {
  const broken = () =>
    new Response(
      new ReadableStream({
        start: (controller) => {
          controller.enqueue(content.slice(0, 10));
          controller.error(new Error("gone"));
        },
      }),
    );
  const { download, paths } = downloadOf([broken, whole]);
  assertEquals(await fetchModelFile(sha256, download), content);
  assertEquals(paths.length, 2);
});

Deno.test("a file that the server does not have is an error in one line", async () => {
  const { download } = downloadOf([() => new Response("", { status: 404 })]);
  await assertRejects(
    () => fetchModelFile(sha256, download),
    Error,
    "Cannot fetch a file of the model: the server answered",
  );
});

Deno.test("a server that falls silent is not waited for", async () => {
  const silent = (_path: string, { signal }: RequestInit) =>
    new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  await assertRejects(
    () => fetchModelFile(sha256, { fetch: silent, onProgress: () => {}, silenceMs: 5 }),
    Error,
    "nothing came for",
  );
});

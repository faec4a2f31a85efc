// Programs that want all of a core each, as a busy machine has them.

const hog = `
let x = 1;
const spin = () => {
  const end = performance.now() + 50;
  while (performance.now() < end) x = Math.sqrt(x + 2);
  setTimeout(spin, 0);
};
spin();
// Ends with whoever started it.
for await (const _ of Deno.stdin.readable);
Deno.exit(0);
`;

/** Does `work` beside `count` hogs. */
export async function withHogs<Value>(count: number, work: () => Promise<Value>): Promise<Value> {
  const hogs = Array.from(
    { length: count },
    () => new Deno.Command(Deno.execPath(), { args: ["eval", hog], stdin: "piped", stdout: "null" }).spawn(),
  );
  try {
    return await work();
  } finally {
    for (const { stdin } of hogs) await stdin.close();
    await Promise.all(hogs.map(({ status }) => status));
  }
}

// A child that does what it is told, for the tests of devices/child.ts.
import { serveLines } from "../../devices/serve_lines.ts";

await serveLines(async (message, tell) => {
  const order = message as {
    value?: unknown;
    fail?: string;
    die?: string;
    hang?: boolean;
    tell?: unknown[];
    everyMs?: number;
  };
  if (order.fail) throw new Error(order.fail);
  if (order.die) {
    queueMicrotask(() => {
      throw new Error(order.die);
    });
  }
  if (order.hang || order.die) await new Promise((resolve) => setTimeout(resolve, 60_000));
  for (const told of order.tell ?? []) {
    await new Promise((resolve) => setTimeout(resolve, order.everyMs));
    await tell(told);
  }
  return order.value;
});

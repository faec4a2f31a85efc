// A child that does what it is told, for the tests of devices/child.ts.
import { serveLines } from "../../devices/serve_lines.ts";

await serveLines(async (message) => {
  const order = message as { value?: unknown; fail?: string; die?: string; hang?: boolean };
  if (order.fail) throw new Error(order.fail);
  if (order.die) {
    queueMicrotask(() => {
      throw new Error(order.die);
    });
  }
  if (order.hang || order.die) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return order.value;
});

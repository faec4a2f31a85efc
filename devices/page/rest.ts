/** Lets the event loop turn once. A message: setTimeout is held back to 4 ms after a few calls in a row. */
export function rest(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

const paintDeadlineMs = 200;

/** Waits until what was changed on the page is on the screen, so that no painting falls into a sample. */
export async function painted(): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([
    new Promise((resolve) => requestAnimationFrame(resolve)),
    // A hidden page is given no frames.
    new Promise((resolve) => timer = setTimeout(resolve, paintDeadlineMs)),
  ]);
  clearTimeout(timer);
  // The frame's callback runs before its painting.
  await rest();
}

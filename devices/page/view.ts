// All that the page shows. Plain words; no animation, since it would run during measurements.

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}`);
  return found;
}

let timedCount = 0;

/** What is going on; `state` gives the colour. */
export function showStatus(text: string, state: "busy" | "ready" | "stopped"): void {
  const status = element("status");
  status.textContent = text;
  status.dataset.state = state;
}

/** The name under which this browser is paired. */
export function showDevice(name: string): void {
  element("device").textContent = `paired as ${name}`;
  document.title = `Nacre: ${name}`;
}

/** The median of the network that was timed last, and one more in the count. */
export function showResult(medianMs: number, runtime: string): void {
  timedCount++;
  element("latency").textContent = `${medianMs.toPrecision(3)} ms`;
  element("count").textContent = String(timedCount);
  element("runtime").textContent = runtime;
}

/** What is wrong and what to do about it; null takes it away. */
export function showProblem(text: string | null): void {
  const problem = element("problem");
  problem.hidden = text === null;
  problem.textContent = text && `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

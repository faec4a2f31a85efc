import type { Answer } from "./classifier.ts";
import { drawingOf, element } from "./elements.ts";
import type { InputShape } from "./preprocess.ts";

const shownClasses = 5;

/** What the network reads, pixel by pixel. */
export function showSeen(bytes: Uint8Array, { height, width, channels }: InputShape): void {
  const canvas = element("seen", HTMLCanvasElement);
  canvas.width = width;
  canvas.height = height;
  const context = drawingOf(canvas);
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      image.data[pixel * 4 + colour] = bytes[pixel * channels + (channels === 1 ? 0 : colour)];
    }
    image.data[pixel * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function bar(name: string, probability: number, right: boolean): HTMLLIElement {
  const row = document.createElement("li");
  const label = document.createElement("span");
  label.className = "class";
  label.textContent = right ? `${name} ✓` : name;
  if (right) row.classList.add("right");
  const track = document.createElement("span");
  track.className = "track";
  const fill = document.createElement("span");
  fill.style.width = `${(100 * probability).toFixed(2)}%`;
  track.append(fill);
  const value = document.createElement("span");
  value.className = "value";
  value.textContent = `${(100 * probability).toFixed(1)} %`;
  row.append(label, track, value);
  return row;
}

/** The likeliest classes, and how long one inference took; `label` is the true class where that is known. */
export function showAnswer(
  { medianMs, probabilities, runs }: Answer,
  { classNames, backend, label }: { classNames: readonly string[]; backend: string; label?: number },
): void {
  const order = probabilities.map((_, index) => index).sort((a, b) => probabilities[b] - probabilities[a]);
  element("classes", HTMLOListElement).replaceChildren(
    ...order.slice(0, shownClasses).map((index) => bar(classNames[index], probabilities[index], index === label)),
  );
  element("truth", HTMLParagraphElement).textContent = label === undefined
    ? ""
    : `A validation image of: ${classNames[label]}${order[0] === label ? "" : ", which the model takes for another"}.`;
  element("time", HTMLParagraphElement).textContent = `${
    medianMs.toPrecision(3)
  } ms per image in this browser (median of ${runs}, ${backend}).`;
}

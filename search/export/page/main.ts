// The stand-alone page of an exported student. It runs in a browser, from a disk, without a network.
import { createClassifier } from "./classifier.ts";
import { drawPad } from "./draw_pad.ts";
import { element } from "./elements.ts";
import { dataBlock, type PageData, wasmBlock } from "./page_data.ts";
import { normalised, type Picture, resized } from "./preprocess.ts";
import { pictureOf, pngOf, readPicture } from "./read_picture.ts";
import { showAnswer, showSeen } from "./show.ts";
import { startBackend } from "./start_backend.ts";

const textOf = (id: string) => element(id, HTMLScriptElement).textContent ?? "";

function say(message: string): void {
  element("status", HTMLParagraphElement).textContent = message;
}

async function main(): Promise<void> {
  const data: PageData = JSON.parse(textOf(dataBlock));
  const { architecture: { input }, classNames, samples } = data;
  say("Starting TensorFlow.js …");
  const backend = await startBackend(textOf(wasmBlock).trim());
  const classifier = await createClassifier(data);
  say("");

  // One after the other; of those that wait only the last counts.
  let waiting: (() => Promise<void>) | undefined;
  let working = false;
  const enqueue = async (work: () => Promise<void>) => {
    waiting = work;
    if (working) return;
    working = true;
    while (waiting) {
      const next: () => Promise<void> = waiting;
      waiting = undefined;
      try {
        await next();
        say("");
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
      }
    }
    working = false;
  };
  const classify = (take: () => Picture | Promise<Picture>, { label, own }: { label?: number; own?: boolean } = {}) =>
    enqueue(async () => {
      const invert = own === true && input.channels === 1 && element("invert", HTMLInputElement).checked;
      const bytes = resized(await take(), input, invert);
      showSeen(bytes, input);
      showAnswer(await classifier.classify(normalised(bytes, data)), { classNames, backend, label });
    });

  let lastFile: Blob | undefined;
  const classifyFile = (file: Blob | undefined) => {
    if (!file) return;
    lastFile = file;
    void classify(() => readPicture(file), { own: true });
  };
  const chooser = element("file", HTMLInputElement);
  chooser.addEventListener("change", () => {
    classifyFile(chooser.files?.[0]);
    // So that the same file can be chosen again.
    chooser.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    classifyFile(event.dataTransfer?.files[0]);
  });
  document.addEventListener("paste", (event) => {
    classifyFile([...event.clipboardData?.files ?? []].find(({ type }) => type.startsWith("image/")));
  });
  if (input.channels === 1) {
    element("invert", HTMLInputElement).addEventListener("change", () => classifyFile(lastFile));
    const canvas = element("pad", HTMLCanvasElement);
    const pad = drawPad(canvas, () => void classify(() => pictureOf(canvas)));
    element("clear", HTMLButtonElement).addEventListener("click", () => pad.clear());
  }
  for (const [index, { label, png }] of samples.entries()) {
    const button = element(`sample-${index}`, HTMLButtonElement);
    button.addEventListener("click", () => void classify(() => readPicture(pngOf(png)), { label }));
    button.disabled = false;
  }
  if (samples.length > 0) await classify(() => readPicture(pngOf(samples[0].png)), { label: samples[0].label });
  document.documentElement.dataset.ready = backend;
}

main().catch((error) => say(`The model does not run here: ${error instanceof Error ? error.message : String(error)}`));

import { drawingOf } from "./elements.ts";
import type { Picture } from "./preprocess.ts";

/** Larger pictures are drawn smaller first. */
const longestSide = 1600;

/** The pixels of a file; what is transparent is black. Error where it is no picture that the browser reads. */
export async function readPicture(file: Blob): Promise<Picture> {
  let bitmap: ImageBitmap;
  try {
    // As the bytes are: colour profiles were not looked at in training either.
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  } catch {
    throw new Error("This is no picture that the browser can read.");
  }
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = drawingOf(canvas);
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return pictureOf(canvas);
}

/** The pixels of `canvas`. */
export function pictureOf(canvas: HTMLCanvasElement): Picture {
  const { data, height, width } = drawingOf(canvas).getImageData(0, 0, canvas.width, canvas.height);
  return { height, width, rgba: data };
}

/** A file of base64. */
export function pngOf(base64: string): Blob {
  const text = atob(base64);
  return new Blob([Uint8Array.from(text, (character) => character.charCodeAt(0))], { type: "image/png" });
}

import { drawingOf } from "./elements.ts";

/** A pad on which white is drawn on black, as digits and clothes are in grey data; `onStroke` after each stroke. */
export function drawPad(canvas: HTMLCanvasElement, onStroke: () => void): { clear(): void } {
  const context = drawingOf(canvas);
  const clear = () => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  clear();
  context.strokeStyle = "#fff";
  context.lineWidth = canvas.width / 12;
  context.lineCap = "round";
  context.lineJoin = "round";
  const place = (event: PointerEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [
      (event.clientX - box.left) * canvas.width / box.width,
      (event.clientY - box.top) * canvas.height / box.height,
    ];
  };
  let drawing = false;
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    context.beginPath();
    context.moveTo(...place(event));
    context.lineTo(...place(event));
    context.stroke();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    context.lineTo(...place(event));
    context.stroke();
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, () => {
      if (drawing) onStroke();
      drawing = false;
    });
  }
  return { clear };
}

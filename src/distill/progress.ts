// Progress of a single training on standard error: one line that is written over on a terminal, a line in ten elsewhere.

export interface StepProgress {
  log(line: string): void;
  onStep(step: number, steps: number): void;
}

const redrawMs = 200;

/** Writes through `write`; `terminal`: whether lines can be written over. */
export function stepProgress({ terminal, write }: { terminal: boolean; write: (text: string) => void }): StepProgress {
  let drawn = "";
  let drawnAt = 0;
  let told = 0;
  const clear = () => {
    if (drawn) write(`\r${" ".repeat(drawn.length)}\r`);
    drawn = "";
  };
  return {
    log(line) {
      clear();
      told = 0;
      write(`${line}\n`);
    },
    onStep(step, steps) {
      const text = `step ${step}/${steps}`;
      if (!terminal) {
        const tenth = Math.floor(10 * step / steps);
        // A new training begins again below.
        if (tenth < told) told = 0;
        if (tenth > told && step < steps) write(`${text}\n`);
        told = tenth;
        return;
      }
      if (step === steps) return clear();
      if (performance.now() - drawnAt < redrawMs) return;
      drawnAt = performance.now();
      clear();
      drawn = text;
      write(text);
    },
  };
}

// What the page shows while a browser is being paired: the question for a name, the digits to compare.
import { nameFrom } from "./device_name.ts";
import { elements } from "./elements.ts";

export interface PairingView {
  /** Resolves with the name that the person chose. */
  askName(proposed: string): Promise<string>;
  showCode(code: string): void;
  /** Takes both away. */
  close(): void;
}

export function createPairingView(page: Document): PairingView {
  const element = elements(page);
  const form = element("name-form", "form");
  const input = element("name", "input");
  const card = element("code-card", "section");
  const digits = element("code", "p");
  return {
    askName(proposed) {
      input.value = proposed;
      form.hidden = false;
      input.focus();
      input.select();
      return new Promise((resolve) => {
        form.onsubmit = (event) => {
          event.preventDefault();
          const name = nameFrom(input.value);
          input.setAttribute("aria-invalid", String(name === undefined));
          if (!name) return input.focus();
          form.hidden = true;
          resolve(name);
        };
      });
    },
    showCode(code) {
      card.hidden = false;
      const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
      if (digits.textContent === spaced) return;
      digits.textContent = spaced;
      // Heard digit by digit instead of as a large number.
      digits.setAttribute("aria-label", [...code].join(" "));
    },
    close() {
      form.hidden = true;
      card.hidden = true;
    },
  };
}

import type { Activation } from "../../schemas/architecture.ts";

/** What layers call `activation`. */
export function activationName(activation: Activation): "linear" | "relu" | "relu6" {
  return activation === "none" ? "linear" : activation;
}

import type { Measurement } from "../../src/schemas/measurement.ts";

/**
 * The backend of each device, fixed with the run's targets: latencies of another one, for instance a GPU's in place of
 * its emulation's, do not compare with them. Undefined before.
 */
export type BackendOf = (device: string) => string | undefined;

/** Why `measurement` does not compare with the run's others; undefined where it does. */
export function backendChange({ backend, device }: Measurement, backendOf?: BackendOf): string | undefined {
  const fixed = backendOf?.(device.name);
  if (fixed === undefined || fixed === backend) return undefined;
  return `${device.name}: its backend changed from "${fixed}" to "${backend}", so that its latencies do not compare`;
}

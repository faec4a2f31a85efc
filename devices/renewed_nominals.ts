import type { NominalStore } from "./session.ts";

/**
 * `nominals` as if nothing had been stored before: what is set from now on takes the place of what was, once it is
 * there.
 */
export function renewedNominals(nominals: NominalStore): NominalStore {
  const renewed = new Set<string>();
  return {
    get(device, runtime, backend) {
      const known = renewed.has(JSON.stringify([device.name, device.description, runtime, backend]));
      return known ? nominals.get(device, runtime, backend) : undefined;
    },
    set(device, runtime, backend, stored) {
      nominals.set(device, runtime, backend, stored);
      renewed.add(JSON.stringify([device.name, device.description, runtime, backend]));
    },
  };
}

import { deviceNamePattern } from "./protocol/wire.ts";

/** Throws a RangeError unless `name` can be that of a paired browser. */
export function checkDeviceName(name: string): void {
  if (!deviceNamePattern.test(name)) {
    throw new RangeError(
      `device name "${name}" is not allowed: up to 32 lower-case letters, digits and "-", not starting with "-"`,
    );
  }
}

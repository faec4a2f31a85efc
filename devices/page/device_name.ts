import { deviceNamePattern } from "../protocol/wire.ts";

const systems: [RegExp, string][] = [
  [/iPad/, "ipad"],
  [/iPhone|iPod/, "iphone"],
  [/Android.*Mobile/, "android-phone"],
  [/Android/, "android-tablet"],
  [/CrOS/, "chromebook"],
  [/Windows/, "windows"],
  [/Macintosh/, "mac"],
  [/Linux/, "linux"],
];

const browsers: [RegExp, string][] = [
  [/Edg|EdgA|EdgiOS/, "edge"],
  [/OPR\//, "opera"],
  [/SamsungBrowser/, "samsung"],
  [/Firefox|FxiOS/, "firefox"],
  [/Chrome|CriOS/, "chrome"],
  [/Safari/, "safari"],
];

/** A first idea of what this device may be called, such as "android-phone-chrome". Always a name that can be. */
export function proposedName(userAgent: string): string {
  const first = (table: [RegExp, string][]) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  return [first(systems) ?? "device", first(browsers) ?? "browser"].join("-");
}

/** What a person typed, made into a name that can be; undefined where nothing of it can. */
export function nameFrom(typed: string): string | undefined {
  const name = typed.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, 32)
    .replace(/-+$/, "");
  return deviceNamePattern.test(name) ? name : undefined;
}

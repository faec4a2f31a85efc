import { plainText } from "../../src/cli/text_width.ts";

// The first that fits counts: the names of older browsers are part of the newer ones' user agents.
const systems = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/CrOS/, "ChromeOS"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "Mac"],
  [/Linux/, "Linux"],
] as const;
const browsers = [
  [/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/(?:Edg|EdgA|EdgiOS)\/(\d+)/, "Edge"],
  [/OPR\/(\d+)/, "Opera"],
  [/SamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/, "Safari"],
] as const;

/** A user agent as people say it, "Firefox 153, Linux"; what is unknown as it is, cut to 40 characters. */
export function userAgentWords(userAgent: string): string {
  const text = plainText(userAgent);
  const system = systems.find(([pattern]) => pattern.test(text))?.[1];
  const browser = browsers.map(([pattern, name]) => [name, text.match(pattern)?.[1]]).find(([, version]) => version);
  const words = [browser?.join(" "), system].filter((word) => word !== undefined);
  return words.length > 0 ? words.join(", ") : text.length > 40 ? `${text.slice(0, 39)}…` : text || "unknown browser";
}

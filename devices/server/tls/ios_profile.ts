// What iOS and iPadOS install an authority from (Apple, Configuration Profile Reference, payload com.apple.security.root).
import { sha256 } from "@noble/hashes/sha2.js";
import { X509Certificate } from "./x509.ts";

/** A version 4 form of UUID made from `text`, so that the same authority replaces itself when it is installed again. */
function stableUuid(text: string): string {
  const digits = sha256(new TextEncoder().encode(text)).slice(0, 16).toHex().toUpperCase();
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join("-");
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character] ?? character);
}

/** The configuration profile (.mobileconfig) that installs the authority `caDer`. */
export function iosProfile(caDer: Uint8Array<ArrayBuffer>): string {
  const name = escapeXml(new X509Certificate(caDer).subjectName.getField("CN")[0] ?? "Nacre");
  const fingerprint = sha256(caDer).toHex();
  const identifier = `nacre.${fingerprint.slice(0, 16)}`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>${identifier}</string>
  <key>PayloadUUID</key><string>${stableUuid(`profile ${fingerprint}`)}</string>
  <key>PayloadDisplayName</key><string>${name}</string>
  <key>PayloadDescription</key><string>Lets this device open the measuring page of your own computer by HTTPS.</string>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>${identifier}.authority</string>
      <key>PayloadUUID</key><string>${stableUuid(`authority ${fingerprint}`)}</string>
      <key>PayloadDisplayName</key><string>${name}</string>
      <key>PayloadContent</key>
      <data>${caDer.toBase64()}</data>
    </dict>
  </array>
</dict>
</plist>
`;
}

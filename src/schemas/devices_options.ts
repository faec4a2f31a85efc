// What a user may say to `devices`. See search_options.ts for what `meta` holds.
import * as z from "zod";
import { dataDirField, deviceNamePattern, lanField, portField } from "./device_fields.ts";

const deviceName = z.string().regex(deviceNamePattern);
const deviceNameMeta = {
  placeholder: "NAME",
  allowed: 'up to 32 lower-case letters, digits and "-", not starting with "-"',
};

const fields = z.strictObject({
  lan: lanField.meta({
    group: "Page",
    description: "serve phones in the local network too, by HTTPS; without it, this machine only",
  }),
  port: portField.meta({
    group: "Page",
    placeholder: "N",
    defaultText: "7411, or a free one",
    description: "port of the page that browsers open",
  }),
  pair: deviceName.optional().meta({
    ...deviceNameMeta,
    group: "Devices",
    defaultText: "the person at the browser chooses",
    description: "name of the browser that opens the link; replaces an earlier one of that name",
  }),
  approve: z.string().regex(/^\d{6}$/).optional().meta({
    group: "Devices",
    placeholder: "CODE",
    allowed: "the 6 digits that the browser shows, without spaces",
    description: "let the browser in that shows these 6 digits, for a program that runs without a terminal; then end",
  }),
  list: z.boolean().default(false).meta({ group: "Devices", description: "list the paired browsers, then end" }),
  revoke: z.array(deviceName).default([]).meta({
    ...deviceNameMeta,
    group: "Devices",
    defaultText: "none",
    description: "end this pairing at once, then end",
  }),
  dataDir: dataDirField.meta({
    group: "Run",
    placeholder: "FOLDER",
    description: "where pairings are kept",
  }),
  json: z.boolean().default(false).meta({
    group: "Run",
    description: "begin standard output with one line of JSON: url and pairingUrl; with --list: devices",
  }),
});

/** The options of `devices`, checked one by one and against each other. */
export const devicesOptionsSchema = fields.superRefine(({ approve, list, pair, revoke }, context) => {
  const given = [
    ...approve !== undefined ? ["approve" as const] : [],
    ...list ? ["list" as const] : [],
    ...pair !== undefined ? ["pair" as const] : [],
    ...revoke.length > 0 ? ["revoke" as const] : [],
  ];
  if (given.length > 1) {
    context.addIssue({ code: "custom", path: [given[1]], message: `does not go together with --${given[0]}` });
  }
});

export type DevicesOptions = z.output<typeof devicesOptionsSchema>;

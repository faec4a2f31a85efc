// All that search may import of devices.
export { chromiumPath } from "./browsers.ts";
export type { Device } from "./device.ts";
export { openDevice, type OpenDeviceOptions } from "./open_device.ts";
export { flagMeaning, invalidates } from "./protocol/flags.ts";
export { type SampleSummary, summariseSamples, type SummaryOptions } from "./protocol/statistics.ts";
export {
  type AwaitedDevice,
  checkDeviceName,
  type DeviceServer,
  type DeviceServerOptions,
  startDeviceServer,
} from "./server/start_device_server.ts";

// All that search may import of devices.
export { chromiumPath, firefoxPath } from "./browsers/find_browser.ts";
export { checkDeviceName } from "./device_name.ts";
export {
  type Device,
  DeviceGoneError,
  type Outcome,
  type SessionOptions,
  type SessionProgress,
  type SessionRequest,
} from "./device.ts";
export type { Hub, HubOptions, PairedDevice, Pairing, PairingState, Presence } from "./hub.ts";
export { isFarTooWide, narrower } from "./measure/far_too_wide.ts";
export {
  measure,
  type MeasureFailure,
  type MeasureOptions,
  type MeasureProgress,
  type MeasureResult,
  type ModelMeasurement,
} from "./measure/measure.ts";
export { type ModelSource } from "./measure/read_models.ts";
export {
  createDeviceOpener,
  type DeviceOpener,
  openDevices,
  type OpenDevicesOptions,
  type OpenedDevices,
} from "./open_device.ts";
export { openHub } from "./open_hub.ts";
export { type PairingEnd, type SettlePairing } from "./pair_device.ts";
export { flagMeaning, invalidates } from "./protocol/flags.ts";
export { type SampleSummary, summariseSamples, type SummaryOptions } from "./protocol/statistics.ts";
export { approveInTerminal } from "./terminal/approve.ts";
export { openScreen, type Questions, questionsBy } from "./terminal/screen.ts";

// Which GPU is asked for, what it is called, and whether it is one.

const softwareAdapters = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;

/** The fastest adapter, or null where there is none. Rejects where the driver fails. */
export async function requestAdapter(): Promise<GPUAdapter | null> {
  return await globalThis.navigator?.gpu?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
}

/** A name for people. */
export function adapterName({ info }: Pick<GPUAdapter, "info">): string {
  const { description, vendor, architecture, device } = info;
  return description || [vendor, architecture || device].filter(Boolean).join(" ") || "unnamed adapter";
}

/** Whether the adapter is no real GPU: such a one gives right results, far too slowly for training. */
export function isSoftware(adapter: Pick<GPUAdapter, "info">): boolean {
  return adapter.info.isFallbackAdapter || softwareAdapters.test(adapterName(adapter));
}

import { isSoftwareAdapter } from "./software_adapter.ts";

/** The fast WebGPU adapter of this place, and what is known of it. */
export interface GpuAdapter {
  adapter: GPUAdapter;
  name: string;
  software: boolean;
}

/** Requests an adapter for `runtime`. Error that says what is missing; never an adapter of another API. */
export async function requestGpuAdapter(runtime: string): Promise<GpuAdapter> {
  if (!navigator.gpu) {
    const cause = globalThis.isSecureContext === false
      ? "this page is not on https, so the browser hides the GPU"
      : "this browser has no WebGPU";
    throw new Error(`Cannot start ${runtime}: ${cause}`);
  }
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error(`Cannot start ${runtime}: this browser gives no GPU adapter`);
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = [vendor, architecture, device, description].filter((part) => part).join(" ") || "unnamed adapter";
  // Browsers of last year have the flag on the adapter itself, or nowhere.
  const fallback = isFallbackAdapter ?? (adapter as { isFallbackAdapter?: boolean }).isFallbackAdapter ?? false;
  return { adapter, name, software: fallback || isSoftwareAdapter(name) };
}

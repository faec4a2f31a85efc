/** Whether the name of a GPU adapter is that of an emulation on the CPU. */
export function isSoftwareAdapter(description: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i.test(description);
}

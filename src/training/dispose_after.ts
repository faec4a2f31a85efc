/**
 * What `use` gives, after which `owner` is disposed of. Where both fail, the error of `use` is thrown: a device that is
 * lost, for instance, is told as that, and not by what cannot be given back to it.
 */
export async function disposeAfter<T>(owner: { dispose(): void }, use: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await use();
  } catch (error) {
    try {
      owner.dispose();
    } catch {
      // Follows from the first error.
    }
    throw error;
  }
  owner.dispose();
  return result;
}

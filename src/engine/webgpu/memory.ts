// The network's memory on the device. Tensors that a pass only hands on share buffers where their lifetimes do not
// overlap. Each live tensor has a buffer of its own, since a buffer may not be read and written by one dispatch.

/** A tensor's place, which has a buffer once {@linkcode allocate} has run. */
export interface Memory {
  label: string;
  /** Length in numbers of 4 bytes; may grow until {@linkcode allocate}. */
  floats: number;
  /** Positions of the first and last step that touch it; absent: it lives always. */
  lifetime?: { first: number; last: number };
  /** Whether shaders find it as a uniform. */
  uniform?: boolean;
  buffer?: GPUBuffer;
}

function usageOf({ uniform }: Memory): number {
  if (uniform) return GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  return GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
}

interface Shared {
  floats: number;
  users: Memory[];
}

function overlaps(a: Memory, b: Memory): boolean {
  if (!a.lifetime || !b.lifetime) return true;
  return a.lifetime.first <= b.lifetime.last && b.lifetime.first <= a.lifetime.last;
}

/** Gives every one of `memories` a buffer, and returns the buffers; the caller destroys them. */
export function allocate(device: GPUDevice, memories: readonly Memory[]): GPUBuffer[] {
  const shared: Shared[] = [];
  const bySize = [...memories].sort((a, b) => b.floats - a.floats);
  for (const memory of bySize) {
    const place = memory.lifetime && shared.find(({ users }) => !users.some((user) => overlaps(user, memory)));
    if (place) place.users.push(memory);
    else shared.push({ floats: Math.max(1, memory.floats), users: [memory] });
  }
  return shared.map(({ floats, users }) => {
    const buffer = device.createBuffer({ label: users[0].label, size: 4 * floats, usage: usageOf(users[0]) });
    for (const user of users) user.buffer = buffer;
    return buffer;
  });
}

/** The buffer of `memory`. Throws an Error before {@linkcode allocate}. */
export function bufferOf(memory: Memory): GPUBuffer {
  if (!memory.buffer) throw new Error(`the memory of ${memory.label} has no buffer yet`);
  return memory.buffer;
}

// A list of dispatches with everything bound, so that a step only replays it: no objects are made per dispatch.
import { bufferOf } from "./memory.ts";
import type { Pipelines } from "./pipelines.ts";
import type { Dispatch } from "./shader.ts";

export interface Program {
  pipelines: GPUComputePipeline[];
  bindGroups: GPUBindGroup[];
  /** Workgroups: x, y, z of each dispatch. */
  workgroups: Uint32Array;
}

/** Records `program`. */
export function encode(pass: GPUComputePassEncoder, { pipelines, bindGroups, workgroups }: Program): void {
  for (let index = 0; index < pipelines.length; index++) {
    pass.setPipeline(pipelines[index]);
    pass.setBindGroup(0, bindGroups[index]);
    pass.dispatchWorkgroups(workgroups[3 * index], workgroups[3 * index + 1], workgroups[3 * index + 2]);
  }
}

/**
 * Prepares lists of dispatches, whose memory has buffers. The sizes of all dispatches lie in one buffer, which is
 * returned; the caller destroys it.
 */
export async function prepare(
  device: GPUDevice,
  pipelines: Pipelines,
  lists: readonly Dispatch[][],
): Promise<{ programs: Program[]; sizes: GPUBuffer }> {
  const slot = Math.max(256, device.limits.minUniformBufferOffsetAlignment);
  const all = lists.flat();
  const tooLong = all.find(({ sizes }) => sizes.byteLength > slot);
  if (tooLong) throw new Error(`${tooLong.label}: sizes of ${tooLong.sizes.byteLength} bytes do not fit in ${slot}`);
  const numbers = new Uint8Array(Math.max(1, all.length) * slot);
  for (const [index, dispatch] of all.entries()) numbers.set(new Uint8Array(dispatch.sizes), index * slot);
  // Before there is a buffer to be destroyed: a shader may fail to compile.
  const ready = await Promise.all(all.map((dispatch) => pipelines.get(dispatch)));
  const sizes = device.createBuffer({
    label: "sizes",
    size: numbers.length,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(sizes, 0, numbers);
  let next = 0;
  const programs = lists.map((list): Program => {
    const first = next;
    next += list.length;
    return {
      pipelines: list.map((_, index) => ready[first + index].pipeline),
      bindGroups: list.map(({ label, bindings, sizes: { byteLength } }, index) =>
        device.createBindGroup({
          label,
          layout: ready[first + index].layout,
          entries: [
            { binding: 0, resource: { buffer: sizes, offset: (first + index) * slot, size: byteLength } },
            ...bindings.map(({ memory }, place) => ({
              binding: place + 1,
              resource: { buffer: bufferOf(memory), size: 4 * Math.max(1, memory.floats) },
            })),
          ],
        })
      ),
      workgroups: Uint32Array.from(list.flatMap(({ workgroups }) => [...workgroups])),
    };
  });
  return { programs, sizes };
}

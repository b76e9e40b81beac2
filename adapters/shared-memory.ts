/**
 * The size of a container's /dev/shm, in the unit of `memory`: half of its memory. The default of engines is 64 MB, which is
 * too small for PyTorch, NCCL and Chromium. What a container writes there counts towards its memory.
 */
export function sharedMemoryOf(memory: number): number {
  return Math.floor(memory / 2);
}

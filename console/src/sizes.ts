/** CPU units (1 vCPU = 1024), MiB, and number of GPUs. */
export interface Size {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
}

import type { ConsoleConfig } from '#contract/console-config.ts';

/** Sizes that the Create screen offers: the default of the server and multiples of it, as far as its limits allow. */

export interface Size {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
}

export type SizeName = 'small' | 'medium' | 'large';

const FACTORS: Readonly<Record<SizeName, number>> = { small: 1, medium: 2, large: 4 };

export function listSizes({ cpu, memory, gpu }: ConsoleConfig['sizes']): ReadonlyMap<SizeName, Size> {
  const sizes = new Map<SizeName, Size>();
  for (const [name, factor] of Object.entries(FACTORS) as [SizeName, number][]) {
    const size = { cpu: cpu.default * factor, memory: memory.default * factor, gpu: gpu.default };
    if (size.cpu <= cpu.max && size.memory <= memory.max) sizes.set(name, size);
  }
  return sizes;
}

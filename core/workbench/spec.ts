import * as z from 'zod/mini';
import { openObjectWithFallbacks } from './open-schema.ts';

/**
 * What follows when AWS takes the instance of a workbench back. `unknown`: a value that this version does not know; the
 * workbench stops.
 */
export const INTERRUPTION_POLICIES = ['stop', 'restart', 'unknown'] as const;

/** What the user requested. */
export const specSchema = openObjectWithFallbacks(
  {
    /** 1,024 units = 1 vCPU. */
    cpuUnits: z.int(),
    memoryMib: z.int(),
    gpuCount: z.int(),
    /** EC2 instance type of the host; absent on shared instances. */
    dedicatedInstanceType: z.optional(z.string()),
    /** @default stop */
    onInterruption: z.optional(z.enum(INTERRUPTION_POLICIES)),
  },
  { onInterruption: 'unknown' },
);
export type WorkbenchSpec = z.infer<typeof specSchema>;

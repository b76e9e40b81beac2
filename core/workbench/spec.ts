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
    /** The idle limit in minutes; 0: never stopped for idleness. @default the policy's */
    idleStopMinutes: z.optional(z.int()),
    /** How long a run may last at most, in hours. The policy's limit also applies. @default the policy's */
    maxRunHours: z.optional(z.int()),
  },
  { onInterruption: 'unknown' },
);
export type WorkbenchSpec = z.infer<typeof specSchema>;

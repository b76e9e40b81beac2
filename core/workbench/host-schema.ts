import * as z from 'zod/mini';
import { INSTANCE_STATES } from '../ports/host-fleet.ts';
import { openObjectWithFallbacks } from './open-schema.ts';

/**
 * States of a host. `requested`: RunInstances may have been sent with the client token of this generation. `unknown`:
 * a state that this version does not know; the next describe replaces it.
 */
export const HOST_STATES = ['requested', ...INSTANCE_STATES, 'unknown'] as const;

/** The dedicated instance of the workbench. */
export const hostSchema = openObjectWithFallbacks(
  {
    instanceType: z.string(),
    /** Counts launches from 1. The client token is `<workbench id>/host/<generation>`. */
    generation: z.int(),
    state: z.enum(HOST_STATES),
    instanceId: z.optional(z.string()),
    agentConnected: z.boolean(),
    /** The instance could not be started. It is terminated and another one launched. */
    replacing: z.optional(z.boolean()),
    /** An operator empties it: no further run is placed on it, and it is terminated instead of stopped. */
    drained: z.optional(z.boolean()),
    cpuUnits: z.optional(z.int()),
    memoryMib: z.optional(z.int()),
    /** Launches of this start whose instance ended before it was ready. */
    failedLaunches: z.optional(z.int()),
    /** The launch of this generation is not sent before this time, and not before the record is written without it. */
    launchAfter: z.optional(z.int()),
    /** Price of the instance with its disk, and of the disk alone: millionths of a USD an hour. */
    rate: z.optional(z.int()),
    diskRate: z.optional(z.int()),
  },
  { state: 'unknown' },
);
export type Host = z.infer<typeof hostSchema>;

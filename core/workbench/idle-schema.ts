import * as z from 'zod/mini';
import { openObjectWithFallbacks } from './open-schema.ts';

/**
 * Why a workbench counts as used until a time. `browser`: a person used it in a browser. `ide`: its IDE reported work, such
 * as a busy kernel. `busy`: its processors or GPUs were busy. `keepalive`: a program asked to keep it. `start`: it was
 * started, or the limit was set. `extend`: a person extended it. `unknown`: a kind of a newer version.
 */
export const EVIDENCE_KINDS = ['browser', 'ide', 'busy', 'keepalive', 'start', 'extend', 'unknown'] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** The limits that a user can set, in minutes. */
export const IDLE_STOP_MINUTES = { min: 15, max: 1440 } as const;

/** The longest extension, in minutes, and the longest keepalive of a program: 12 hours. */
export const EXTENSION_MINUTES_MAX = 720;

/** The limits of `maxRunHours`. */
export const MAX_RUN_HOURS = { min: 1, max: 8760 } as const;

/** What has been decided about the idle stop of a running workbench. Times of the evidence are as the record knows them. */
export const idleSchema = openObjectWithFallbacks(
  {
    /** The limit in force. */
    minutes: z.int(),
    /** The time of the latest use that the record knows of. */
    since: z.int(),
    /** What makes it count as used longest. */
    because: z.enum(EVIDENCE_KINDS),
    /** When the evidence is read next. */
    checkAt: z.int(),
    /** The owner is warned: the workbench is stopped at this time unless it is used. */
    idleStopAt: z.optional(z.int()),
    /** It is not stopped for idleness before this time, as a person or program asked for. A time of day. */
    keepUntil: z.optional(z.int()),
    /** Time since which the evidence could not be read. */
    unknownSince: z.optional(z.int()),
    /** The evidence could not be read for so long that the owner must know. */
    unknown: z.optional(z.boolean()),
  },
  { because: 'unknown' },
);
export type Idle = z.infer<typeof idleSchema>;

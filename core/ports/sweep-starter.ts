import * as z from 'zod/mini';
import { STORED_SWEEPS, type Sweep } from '../reconcile/report.ts';
import { openObjectWithFallbacks } from '../workbench/open-schema.ts';

/** A request of an operator to run a sweep now. */
export const sweepRequestSchema = openObjectWithFallbacks(
  {
    sweep: z.enum(STORED_SWEEPS),
    /** Milliseconds since 1970. The sweep begins at this time at the earliest. */
    at: z.int(),
    /** The caller, as the history names callers. */
    by: z.string(),
  },
  { sweep: 'unknown' },
);
export type StoredSweepRequest = z.infer<typeof sweepRequestSchema>;
/** One that this version makes. */
export type SweepRequest = StoredSweepRequest & { readonly sweep: Sweep };

/**
 * For so long a sweep counts as running that has written no report, milliseconds: the longest timeout of a sweep on AWS. Then
 * its request may be forgotten.
 */
export const SWEEP_REQUEST_RETENTION_MS = 15 * 60_000;

/** Starts sweeps outside of their schedule. All methods throw PortError. */
export interface SweepStarter {
  /** The sweeps that the installation has. */
  readonly available: readonly Sweep[];
  /** The last request that `start` has stored; undefined without one. Strongly consistent. */
  lastRequest(): Promise<StoredSweepRequest | undefined>;
  /**
   * Stores the request, and begins the sweep without waiting for its end. `busy`: another request was stored since
   * `lastRequest` has returned `previous`; nothing begins. If it throws, the request is not stored or is removed
   * again, unless the store is unavailable; the sweep may have begun.
   * @param previous what `lastRequest` has returned
   */
  start(request: SweepRequest, previous: StoredSweepRequest | undefined): Promise<'started' | 'busy'>;
}

import * as z from 'zod/mini';

const daySumSchema = z.object({
  /** Day of the month, from 1. */
  day: z.int(),
  micros: z.int(),
  ms: z.int(),
});

/** What a workbench has cost one owner in a part of one month: docs/decisions/0031-the-meter-is-in-the-record.md. */
export const usageEntrySchema = z.object({
  userId: z.string(),
  /** `YYYY-MM`, UTC. */
  month: z.string(),
  workbenchId: z.string(),
  /** Number of the meter that counted it. */
  seq: z.int(),
  /** Revision of the record in which this meter ended. */
  revision: z.int(),
  /** Name of the workbench at that time. */
  name: z.string(),
  /** Millionths of a USD. */
  micros: z.int(),
  /** Milliseconds for which the workbench ran. */
  ms: z.int(),
  /** The same sums by day. Absent in entries of versions that counted by month only. */
  days: z.optional(z.array(daySumSchema)),
});
export type UsageEntry = z.infer<typeof usageEntrySchema>;

/** How long an entry is kept after the beginning of its month: 460 days, in milliseconds, so that a year can be compared with the one before. */
export const USAGE_RETENTION_MS = 460 * 24 * 60 * 60 * 1000;

/**
 * What ended meters have counted. The meter of the present month is in the record of its workbench. Entries outlive the
 * workbench. The write of the record that ends a meter stores its entries: `WorkbenchStore.update` and `move`. All methods throw
 * PortError; after `unavailable` an entry may have been stored.
 */
export interface UsageStore {
  /**
   * Stores the entries of a workbench that is about to be deleted. One with the same user, month, workbench and number is replaced, unless it has a higher revision: a
   * write that arrives late must not undo a later one.
   */
  save(entries: readonly UsageEntry[]): Promise<void>;
  /**
   * A user's entries of a month, by workbench, newest workbench first, and of a workbench the highest number first.
   * @param page limit: 1-1,000; after: only workbenches with a lower id
   */
  list(
    userId: string,
    month: string,
    page: { readonly limit: number; readonly after?: string },
  ): Promise<readonly UsageEntry[]>;
}

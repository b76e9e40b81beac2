/**
 * How long a noted time is kept, milliseconds: 400 days. A write that arrives after its workbench was deleted therefore
 * does not remain.
 */
export const ACTIVITY_RETENTION_MS = 400 * 24 * 60 * 60 * 1000;

/** The most workbenches of one `read`. */
export const ACTIVITY_READ_MAX = 100;

/** When a person last used each workbench, as far as the gate saw it. Beside the records: a write changes no revision. */
export interface ActivityStore {
  /** Notes activity at `at` (milliseconds since 1970). A time before the stored one has no effect. @throws PortError */
  record(workbenchId: string, at: number): Promise<void>;
  /**
   * Hint: returns the last noted times. A workbench without one is left out.
   * @param workbenchIds at most ACTIVITY_READ_MAX
   * @throws PortError
   */
  read(workbenchIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Deletes the activity of a deleted workbench. @throws PortError */
  delete(workbenchId: string): Promise<void>;
}

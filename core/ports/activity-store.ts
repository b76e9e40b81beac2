/** When a person last used each workbench, as far as the gate saw it. Beside the records: a write changes no revision. */
export interface ActivityStore {
  /** Notes activity at `at` (milliseconds since 1970). A time before the stored one changes nothing. @throws PortError */
  record(workbenchId: string, at: number): Promise<void>;
  /** Returns the last noted times; a workbench without one is left out. @param workbenchIds at most 100 @throws PortError */
  read(workbenchIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Deletes what is noted of a deleted workbench. @throws PortError */
  delete(workbenchId: string): Promise<void>;
}

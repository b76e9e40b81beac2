import type { WorkbenchKey } from '../workbench/workbench.ts';

/** The maximum delay of a message: 15 minutes, the limit of SQS. */
export const MAX_DELAY_SECONDS = 900;

/**
 * Delivers the keys of workbenches to drive. A message carries no state: its consumer reads the record first. Delivery is
 * at least once, unordered and possibly late. If a message is lost, the reconciler finds the record in the due index
 * within its next interval.
 */
export interface WorkQueue {
  /**
   * @param key the workbench to drive
   * @param delaySeconds 0 … MAX_DELAY_SECONDS, whole seconds; fractions are rounded up, larger values are limited to it
   * @throws PortError if the message may not have been sent; any other error if the queue can never accept this key
   */
  send(key: WorkbenchKey, delaySeconds: number): Promise<void>;
}

import type { WorkbenchKey } from '../workbench/workbench.ts';

/** The longest delay a message can carry: 15 minutes, as SQS has it. */
export const MAX_DELAY_SECONDS = 900;

/**
 * Carries the keys of workbenches that somebody should look at. A message is a hint and never the truth:
 * whoever takes it reads the record first. At least once, in no order, possibly late; a lost message costs
 * one interval of the reconciler, which finds the record in the due index.
 */
export interface WorkQueue {
  /**
   * @param key the workbench to look at
   * @param delaySeconds 0 … MAX_DELAY_SECONDS, whole seconds; a fraction is rounded up, more is cut down to it
   * @throws PortError when the message may not have been taken; anything else when it never can be
   */
  send(key: WorkbenchKey, delaySeconds: number): Promise<void>;
}

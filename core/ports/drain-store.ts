import * as z from 'zod/mini';
import { openObject } from '../workbench/open-schema.ts';

/** The maximum number of drains in a list. */
export const DRAINS_MAX = 1000;

/** An operator empties a machine. Times are milliseconds since 1970. */
export const machineDrainSchema = openObject({
  /** 1-64 characters. */
  machineId: z.string(),
  /** It is the host of one workbench, not a shared machine. */
  dedicated: z.boolean(),
  /** The id of the container instance of a shared machine; absent in local mode, whose tasks name none. */
  containerInstance: z.optional(z.string()),
  since: z.int(),
  /** When the workbenches on it are stopped; absent: each at its next stop. */
  until: z.optional(z.int()),
  /** The operator who requested it, at most 96 bytes. */
  requestedBy: z.string(),
});
export type MachineDrain = z.infer<typeof machineDrainSchema>;

/**
 * The machines that take no new workbench because an operator empties them: the desired state. Records, ECS and local mode
 * follow it. A drain stays until it is removed. All methods throw PortError.
 */
export interface DrainStore {
  /** Stores the drain of a machine, in the place of an earlier one. */
  put(drain: MachineDrain): Promise<void>;
  /** Does nothing if there is none. */
  remove(machineId: string): Promise<void>;
  /** All drains, at most DRAINS_MAX, in no order. One strongly consistent read. */
  list(): Promise<readonly MachineDrain[]>;
}

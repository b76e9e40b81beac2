import * as z from 'zod/mini';
import { openObjectWithFallbacks } from './open-schema.ts';

/** What is stored in a run after AWS, or an operator, has announced the end of the task on its instance. */
export const interruptionSchema = openObjectWithFallbacks(
  {
    /**
     * `spot`: AWS ends the instance two minutes after its warning. `draining`: the instance is being replaced.
     * `drain`: an operator empties the machine.
     */
    kind: z.enum(['spot', 'draining', 'drain', 'unknown']),
    /** When the controller stops the task, so that its files are complete. Only for `spot`. */
    stopAt: z.optional(z.int()),
    /**
     * When the controller stops the task, as the operator has said. Only for `drain`; absent: the machine waits for its next
     * stop. A time of day, not a wait: it does not move with the clock.
     */
    until: z.optional(z.int()),
  },
  { kind: 'unknown' },
);
export type Interruption = z.infer<typeof interruptionSchema>;

import * as z from 'zod/mini';
import { openObjectWithFallbacks } from './open-schema.ts';

/** What is stored in a run after AWS has announced the end of the task's instance. */
export const interruptionSchema = openObjectWithFallbacks(
  {
    /** `spot`: AWS ends the instance two minutes after its warning. `draining`: the instance is being replaced. */
    kind: z.enum(['spot', 'draining', 'unknown']),
    /** When the controller stops the task, so that its files are complete. Only for `spot`. */
    stopAt: z.optional(z.int()),
  },
  { kind: 'unknown' },
);
export type Interruption = z.infer<typeof interruptionSchema>;

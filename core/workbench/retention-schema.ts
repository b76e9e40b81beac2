import * as z from 'zod/mini';
import { openObject } from './open-schema.ts';

/** When a stopped workbench is deleted because it was stopped for long. Times of day. */
export const retentionSchema = openObject({
  /** When it stopped, or a user last changed it since. */
  since: z.int(),
  /** It is not deleted before. */
  deletesAt: z.int(),
  /** The owner is warned of this time. */
  warned: z.optional(z.boolean()),
});
export type Retention = z.infer<typeof retentionSchema>;

import * as z from 'zod/mini';
import { openObject } from './open-schema.ts';

/** The files of a workbench when they were last measured. docs/decisions/0052-the-sweep-measures-files.md */
export const filesSchema = openObject({
  /** What the file system bills for them, KiB. */
  kib: z.int(),
  /** Price of this size: millionths of a USD an hour. */
  rate: z.int(),
  /** When the size was stored. Equal to `updatedAt` if nothing has changed since. */
  at: z.int(),
});
export type Files = z.infer<typeof filesSchema>;

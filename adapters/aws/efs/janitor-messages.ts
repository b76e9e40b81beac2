import * as z from 'zod/mini';
import { VOLUME_NAME } from './janitor.ts';

/**
 * The janitor's methods as messages, for a janitor that is another function: one request, one answer, each
 * bounded as the interface has it.
 */

const fileSystemId = z.string().check(z.regex(/^[a-zA-Z0-9-]{1,64}$/));
const workbenchId = z.string().check(z.regex(VOLUME_NAME));
const place = { fileSystemId, workbenchId };

/** The most workbenches asked about at once, and directories in a page. */
const PAGE = 1000;

export const janitorRequestSchema = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('fate'), ...place }),
  z.strictObject({ act: z.literal('begin'), ...place }),
  z.strictObject({ act: z.literal('detached'), ...place }),
  z.strictObject({ act: z.literal('removeSome'), ...place }),
  z.strictObject({ act: z.literal('removeEmpty'), ...place }),
  z.strictObject({ act: z.literal('setAside'), ...place }),
  z.strictObject({
    act: z.literal('present'),
    fileSystemId,
    workbenchIds: z.array(workbenchId).check(z.maxLength(PAGE)),
  }),
  z.strictObject({ act: z.literal('list'), fileSystemId, cursor: z.optional(workbenchId) }),
]);
export type JanitorRequest = z.infer<typeof janitorRequestSchema>;
export type JanitorAct = JanitorRequest['act'];

const directory = z.object({ workbenchId, createdAt: z.optional(z.int().check(z.positive())) });

/** What is answered to each. */
export const JANITOR_ANSWERS = {
  fate: z.object({ fate: z.optional(z.enum(['wiped', 'aside'])) }),
  begin: z.object({ detached: z.boolean() }),
  detached: z.object({}),
  removeSome: z.object({ done: z.boolean(), removed: z.int().check(z.nonnegative()) }),
  removeEmpty: z.object({ outcome: z.enum(['removed', 'not_empty']) }),
  setAside: z.object({}),
  present: z.object({ workbenchIds: z.array(workbenchId).check(z.maxLength(PAGE)) }),
  list: z.object({
    directories: z.array(directory).check(z.maxLength(PAGE)),
    cursor: z.optional(workbenchId),
  }),
} as const satisfies Readonly<Record<JanitorAct, z.ZodMiniType>>;
export type JanitorAnswer<A extends JanitorAct> = z.infer<(typeof JANITOR_ANSWERS)[A]>;

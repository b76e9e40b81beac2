import * as z from 'zod/mini';
import { SHARED_ROLES } from '#core/access/rights.ts';

/** The bodies of requests and responses about shares. */

const ROLE = 'manage or use';
const EXPIRY = 'a time such as 2030-01-01T09:00:00Z, at most 32 characters';

export function shareBodySchema() {
  return z.strictObject({
    role: z
      .enum(SHARED_ROLES, { error: ROLE })
      .check(
        z.describe(
          '`use`: see and open the workbench. `manage`: also start, stop and restart it. Neither may change, delete or share it.',
        ),
      ),
    expires_at: z.optional(
      z.iso.datetime({ offset: true, error: EXPIRY }).check(
        z.maxLength(32, { error: EXPIRY }),
        z.refine((text) => !Number.isNaN(Date.parse(text)), { error: EXPIRY }),
        z.describe('When the share ends: ISO 8601, in the future. Without it the share has no end.'),
      ),
    ),
  });
}

const success = z.literal(true);
const time = () => z.iso.datetime().check(z.describe('ISO 8601, UTC, with milliseconds.'));

export const shareItemSchema = z.object({
  grantee: z.string().check(z.describe('`user:<user id>`, `group:<name>` or `organisation`.')),
  role: z.enum(SHARED_ROLES),
  expires_at: z.optional(time().check(z.describe('When the share ends.'))),
  link_id: z.optional(z.string().check(z.describe('The link that gave it.'))),
  shared_by: z.string().check(z.describe('The caller who wrote the share last.')),
  shared_at: time().check(z.describe('When the share was written last.')),
});
export type ShareItem = z.infer<typeof shareItemSchema>;
export const shareResponseSchema = z.object({ success, item: shareItemSchema });
export const sharesResponseSchema = z.object({ success, items: z.array(shareItemSchema) });

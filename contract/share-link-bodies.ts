import * as z from 'zod/mini';
import { SHARED_ROLES } from '#core/access/rights.ts';
import { LINK_CODE_PATTERN } from '#core/access/share-links.ts';
import { LINK_USES_MAX } from '#core/ports/share-link-store.ts';
import { shareBodySchema } from './share-bodies.ts';

/** The bodies of requests and responses about links that give shares. */

const USES = `a whole number from 1 to ${LINK_USES_MAX}`;
const CODE = 'the code of a link: 87 characters, of which two are dots';

export function linkBodySchema() {
  return z.extend(shareBodySchema(), {
    uses: z._default(
      z
        .int({ error: USES })
        .check(
          z.minimum(1, { error: USES }),
          z.maximum(LINK_USES_MAX, { error: USES }),
          z.describe('How many users can redeem the link.'),
        ),
      1,
    ),
  });
}

export function codeBodySchema() {
  return z.strictObject({
    code: z
      .string({ error: CODE })
      .check(
        z.regex(LINK_CODE_PATTERN, { error: CODE }),
        z.describe('What follows the `#` in the address of the link.'),
      ),
  });
}

const success = z.literal(true);
const time = () => z.iso.datetime().check(z.describe('ISO 8601, UTC, with milliseconds.'));

export const linkItemSchema = z.object({
  link_id: z.string(),
  role: z.enum(SHARED_ROLES).check(z.describe('The role of the shares that it gives.')),
  expires_at: z.optional(time().check(z.describe('When the shares that it gives end.'))),
  redeemable_until: time().check(
    z.describe(
      'The end of the time in which it can be redeemed: `expires_at`, or 7 days after its creation.',
    ),
  ),
  uses: z.int(),
  uses_left: z.int(),
  created_by: z.string(),
  created_at: time(),
});
export type LinkItem = z.infer<typeof linkItemSchema>;

export const createdLinkItemSchema = z.extend(linkItemSchema, {
  code: z
    .string()
    .check(z.describe('The secret with which a user redeems the link. It is returned here only.')),
  url: z.optional(
    z
      .string()
      .check(
        z.describe(
          'The address of the link for a browser, with the code after its `#`. Absent where the gate asks for no sessions.',
        ),
      ),
  ),
});
export type CreatedLinkItem = z.infer<typeof createdLinkItemSchema>;

export const foundLinkItemSchema = z.object({
  workbench_id: z.string(),
  workbench_name: z.string(),
  owner_id: z.string(),
  shared_by: z.string().check(z.describe('The caller who created the link.')),
  role: z.enum(SHARED_ROLES).check(z.describe('The role that the link gives.')),
  expires_at: z.optional(time().check(z.describe('When the share that it gives ends.'))),
  gives: z
    .boolean()
    .check(
      z.describe(
        'Whether the link gives the user a share, or has given it with this request. `false`: the user owns the workbench, has redeemed the link before, or has a share that the link does not improve.',
      ),
    ),
  public_endpoint: z.string().check(z.describe('The address of the workbench for a browser.')),
});
export type FoundLinkItem = z.infer<typeof foundLinkItemSchema>;

export const linksResponseSchema = z.object({ success, items: z.array(linkItemSchema) });
export const createdLinkResponseSchema = z.object({ success, item: createdLinkItemSchema });
export const foundLinkResponseSchema = z.object({ success, item: foundLinkItemSchema });

import * as z from 'zod/mini';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import { GROUPS_MAX } from '../access/grantee.ts';

/** How long a ticket is valid, milliseconds. */
export const TICKET_LIFETIME_MS = 60_000;

/** How long the page that asks for a click is valid, milliseconds. The click uses the ticket up. */
export const ENTER_PAGE_LIFETIME_MS = 5 * 60_000;

/** Returns when a store may delete a ticket that is not used, milliseconds since 1970: when the last page for it has expired. */
export function ticketKeptUntil({ expiresAt }: Ticket): number {
  return expiresAt + ENTER_PAGE_LIFETIME_MS + 2 * CLOCK_SKEW_MAX_MS;
}

/** Admits its bearer to one workbench as one user, once. */
export const ticketSchema = z.object({
  /** SHA-256 of the ticket's secret, base64url. The secret itself is not stored. */
  hash: z.string(),
  workbenchId: z.string(),
  userId: z.string(),
  /** Whether the user may open every workbench. */
  admin: z.boolean(),
  /** The ids of the user's groups (adapters/group-id.ts). Absent without any. */
  groups: z.optional(z.readonly(z.array(z.string()).check(z.maxLength(GROUPS_MAX)))),
  /** When the user signed in, milliseconds since 1970. */
  signedInAt: z.int(),
  issuerSession: z.optional(z.string()),
  issuerSubject: z.optional(z.string()),
  /**
   * SHA-256 of the secret in the cookie of the browser that was sent to sign in, base64url. No other browser can use the
   * ticket. Absent if a frontend asked for it.
   */
  browser: z.optional(z.string()),
  /** When the session that it begins ends, milliseconds since 1970. */
  sessionExpiresAt: z.int(),
  /** Milliseconds since 1970. */
  expiresAt: z.int(),
});
export type Ticket = z.infer<typeof ticketSchema>;

/** The tickets that have not been used. All methods throw PortError; after `unavailable` a write may have had its effect. */
export interface TicketStore {
  /** Stores a ticket. The hash of a random secret does not occur twice. */
  create(ticket: Ticket): Promise<void>;
  /**
   * Returns the ticket and leaves it usable; sees every `create` and `burn` that has returned. Undefined if there is no such ticket. May
   * return one that has expired.
   */
  read(hash: string): Promise<Ticket | undefined>;
  /**
   * Deletes the ticket and returns it, also when it has expired: the caller compares the time. Of concurrent calls at
   * most one returns it. Undefined if there is no such ticket. After `unavailable` the ticket may be used up.
   */
  burn(hash: string): Promise<Ticket | undefined>;
}

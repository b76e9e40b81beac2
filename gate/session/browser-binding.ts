import { timingSafeEqual } from 'node:crypto';
import { createTicketSecret, hashTicketSecret, isTicketSecret } from '#adapters/ticket-secret.ts';
import { COOKIES, formatCookie, readCookie, readCookieCandidates } from './cookies.ts';

/** How long a browser has to sign in before it must ask for the workbench again, milliseconds. */
export const BROWSER_BINDING_MS = 10 * 60_000;

export interface BrowserBinding {
  /** The Set-Cookie header of the redirect to the sign-in, on the host of the workbench. */
  readonly cookie: string;
  /** For the ticket that comes back from the sign-in: `Ticket.browser`. */
  readonly browser: string;
}

/**
 * Binds a sign-in to the browser that asked for a workbench, so that the ticket at its end is of no use in another browser.
 * A browser that has a binding keeps it: several tabs may sign in at the same time. With two it gets a new one, because a script
 * may have set one of them and know it.
 * @param cookies the Cookie header of the request for the workbench
 */
export function bindBrowser(cookies: string | undefined): BrowserBinding {
  const present = readCookie(cookies, COOKIES.entry);
  const secret = present !== undefined && isTicketSecret(present) ? present : createTicketSecret();
  return {
    cookie: formatCookie(COOKIES.entry, secret, BROWSER_BINDING_MS),
    browser: hashTicketSecret(secret),
  };
}

/** Whether a request comes from the browser that a ticket names. */
export function isBoundTo(cookies: string | undefined, browser: string): boolean {
  const expected = Buffer.from(browser);
  return readCookieCandidates(cookies, COOKIES.entry).some((secret) => {
    const present = Buffer.from(hashTicketSecret(secret));
    return present.length === expected.length && timingSafeEqual(present, expected);
  });
}

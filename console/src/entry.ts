import type { ConsoleConfig } from '#contract/console-config.ts';
import type { Issuer, PageLocation } from './issuer.ts';
import { readSession, type Session, type Storages } from './session.ts';

/** Set in the tab from a sign-out until the next sign-in: otherwise the page would sign in again at once. */
const SIGNED_OUT = 'workbench-console-signed-out';

/** With what the page begins. */
export interface Entry {
  /** Undefined: there is none. */
  readonly issuer?: Issuer | undefined;
  /** Undefined: the user must sign in first. */
  readonly session?: Session | undefined;
  /** Why a sign-in at the issuer has failed. */
  readonly problem?: unknown;
}

/** The parts of the browser that a sign-in uses. */
export interface Browser {
  readonly storages: Storages;
  readonly location: PageLocation;
  /** Leaves the page. */
  readonly goTo: (url: string) => void;
  /** Replaces the address of the page without loading it. */
  readonly replaceAddress: (address: string) => void;
}

/**
 * Returns with what the page begins. Without a session of this tab it goes to the issuer at once, where users are usually signed in,
 * and returns 'leaving'. After a sign-out or a failed sign-in it does not, so that no loop is possible.
 */
export async function enter(
  config: ConsoleConfig,
  browser: Browser,
  loadIssuer: () => Promise<typeof Issuer>,
): Promise<Entry | 'leaving'> {
  const { storages, location } = browser;
  const session = readSession(config.signIn === 'none' ? 'none' : 'key', storages);
  if (config.issuer === undefined) return { session };
  const issuer = new (await loadIssuer())(config.issuer, storages.ofTab);
  if (session !== undefined) return { issuer, session };
  const query = new URLSearchParams(location.search);
  if (query.has('state') && (query.has('code') || query.has('error'))) {
    try {
      const fragment = await issuer.finish(location);
      browser.replaceAddress(`/${fragment}`);
      return { issuer, session: sessionOf(issuer) };
    } catch (problem) {
      // A code works once. It does not stay in the history.
      browser.replaceAddress(`/${location.hash}`);
      return { issuer, problem };
    }
  }
  if (storages.ofTab.getItem(SIGNED_OUT) !== null) return { issuer };
  return await leaveToIssuer(issuer, browser);
}

/** Goes to the issuer. @returns 'leaving', or why it is not possible */
export async function leaveToIssuer(issuer: Issuer, browser: Browser): Promise<Entry | 'leaving'> {
  try {
    browser.storages.ofTab.removeItem(SIGNED_OUT);
    browser.goTo(await issuer.begin(browser.location));
    return 'leaving';
  } catch (problem) {
    return { issuer, problem };
  }
}

/** Ends the session of a tab, and that of the issuer. @returns whether the page is left */
export async function signOutAtIssuer(issuer: Issuer, browser: Browser): Promise<boolean> {
  browser.storages.ofTab.setItem(SIGNED_OUT, 'yes');
  const url = await issuer.signOut(browser.location);
  if (url !== undefined) browser.goTo(url);
  return url !== undefined;
}

function sessionOf(issuer: Issuer): Session {
  // The token names the user.
  return { userId: undefined, key: () => issuer.accessToken() };
}

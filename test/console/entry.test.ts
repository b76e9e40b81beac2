import { describe, expect, test } from 'vitest';
import { type Browser, enter, leaveToIssuer, signOutAtIssuer } from '#console/src/entry.ts';
import type { Issuer } from '#console/src/issuer.ts';
import { writeSession } from '#console/src/session.ts';
import { SignInError } from '#console/src/sign-in-error.ts';
import type { ConsoleConfig } from '#contract/console-config.ts';
import { memoryStorage } from './memory-storage.ts';

const AT_ISSUER = 'https://id.example.com/authorize';
const SIGNED_OUT = 'https://id.example.com/logout';
const SIZE = { min: 1, max: 2, default: 1 };
const CONFIG: ConsoleConfig = {
  version: '1.2.3',
  apiPrefix: '',
  signIn: 'issuer',
  issuer: { url: 'https://id.example.com', clientId: 'console', scopes: ['openid'] },
  organisationShares: false,
  restorableHours: 0,
  sizes: { cpu: SIZE, memory: SIZE, gpu: SIZE },
};

/** A browser at an address of the console, and an issuer that does what the test says. */
function openConsole(search = '', hash = '#/usage') {
  const visited: string[] = [];
  const browser: Browser = {
    storages: { lasting: memoryStorage(), ofTab: memoryStorage() },
    location: { origin: 'https://console.example.com', search, hash },
    goTo: (url) => void visited.push(url),
    replaceAddress: (address) => void visited.push(`replaced by ${address}`),
  };
  const issuer = {
    problem: undefined as SignInError | undefined,
    begin: async () => {
      if (issuer.problem !== undefined) throw issuer.problem;
      return AT_ISSUER;
    },
    finish: async () => {
      if (issuer.problem !== undefined) throw issuer.problem;
      return '#/deep';
    },
    accessToken: async () => 'a-token',
    signOut: async (): Promise<string | undefined> => SIGNED_OUT,
  };
  const loadIssuer = async () =>
    class {
      constructor() {
        // biome-ignore lint/correctness/noConstructorReturn: the test holds the only issuer
        return issuer;
      }
    } as unknown as typeof Issuer;
  return { browser, visited, issuer, enter: () => enter(CONFIG, browser, loadIssuer) };
}

describe('a page of the console that is loaded', () => {
  test('goes to the issuer if this tab has no session', async () => {
    const page = openConsole();
    expect(await page.enter()).toBe('leaving');
    expect(page.visited).toEqual([AT_ISSUER]);
  });

  test('continues at the screen of the beginning on the way back, without the code in its address', async () => {
    const page = openConsole('?code=c&state=s', '');
    const entry = await page.enter();
    expect(page.visited).toEqual(['replaced by /#/deep']);
    if (entry === 'leaving' || typeof entry.session?.key !== 'function') throw new Error('no session');
    expect([entry.session.userId, await entry.session.key()]).toEqual([undefined, 'a-token']);
  });

  test.each(['?code=c&state=s', '?error=access_denied&state=s'])(
    'shows why a sign-in has failed, and does not begin another one: %s',
    async (search) => {
      const page = openConsole(search);
      page.issuer.problem = new SignInError('failed');
      expect(await page.enter()).toMatchObject({ problem: page.issuer.problem });
      expect(page.visited).toEqual(['replaced by /#/usage']);
    },
  );

  test('shows that the issuer does not respond', async () => {
    const page = openConsole();
    page.issuer.problem = new SignInError('unreachable');
    expect(await page.enter()).toMatchObject({ problem: page.issuer.problem });
    expect(page.visited).toEqual([]);
  });

  test('stays signed out after a sign-out, until the user signs in again', async () => {
    const page = openConsole();
    const issuer = page.issuer as unknown as Issuer;
    expect(await signOutAtIssuer(issuer, page.browser)).toBe(true);
    expect(await page.enter()).toMatchObject({ issuer });
    await leaveToIssuer(issuer, page.browser);
    expect(await page.enter()).toBe('leaving');
    expect(page.visited).toEqual([SIGNED_OUT, AT_ISSUER, AT_ISSUER]);
  });

  test('stays if the issuer has no address for a sign-out', async () => {
    const page = openConsole();
    page.issuer.signOut = async () => undefined;
    expect(await signOutAtIssuer(page.issuer as unknown as Issuer, page.browser)).toBe(false);
    expect(page.visited).toEqual([]);
  });

  test('keeps a key that was entered in this tab', async () => {
    const page = openConsole();
    writeSession({ userId: 'ada', key: 'a-key' }, page.browser.storages);
    expect(await page.enter()).toMatchObject({ session: { userId: 'ada', key: 'a-key' } });
    expect(page.visited).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  COOKIE_CANDIDATES_MAX,
  COOKIES,
  formatCookie,
  formatDeletedCookie,
  formatDeletedRepetitions,
  isOwnCookie,
  readCookie,
  readCookieCandidates,
} from '#gate/session/cookies.ts';

describe('readCookie', () => {
  const cases: readonly [string | undefined, string | undefined, string][] = [
    [undefined, undefined, 'no header'],
    ['', undefined, 'an empty header'],
    ['__Host-wb_s=a', 'a', 'one cookie'],
    ['x=1; __Host-wb_s=a=b; y=2', 'a=b', 'one of several'],
    ['x=1;__Host-wb_s=a', 'a', 'no space after the semicolon'],
    ['__Host-wb_s=a; __Host-wb_s=b', undefined, 'two of the same name'],
    ['__Host-wb_s=a; __Host-wb_s=a', undefined, 'two of the same value'],
    ['__Host-wb_s=a; __Host-wb_s=', undefined, 'an empty second one'],
    ['wb_s=tossed', undefined, 'the name without its prefix'],
    ['__host-wb_s=a', undefined, 'the name in lower case'],
    ['__Host-wb_s', undefined, 'no value'],
    ['=__Host-wb_s=a', undefined, 'a cookie without a name'],
    [' \t__Host-wb_s\t= a\t ', 'a', 'spaces and tabs around both'],
    ['\u00a0__Host-wb_s=a', undefined, 'a byte 0xA0 before the name'],
    ['__Host-wb_s=a; \u00a0__Host-wb_s=b', 'a', 'a second one whose name begins with a byte 0xA0'],
    ['__Host-wb_s=\u00a0a', '\u00a0a', 'a byte 0xA0 in the value'],
    ['x="; __Host-wb_s=a"', 'a"', 'quotes, which separate nothing'],
  ];
  for (const [header, value, name] of cases) {
    it(`returns ${value} for ${name}`, () => expect(readCookie(header, COOKIES.workbench)).toBe(value));
  }
});

describe('readCookieCandidates', () => {
  it('returns all cookies of a name in their order, and none if there are too many', () => {
    const header = (count: number) =>
      Array.from({ length: count }, (_, n) => `__Host-wb_s=${n}; a=b; __Host-wb_u=x`).join('; ');
    const read = (count: number) => readCookieCandidates(header(count), COOKIES.workbench);
    expect(readCookieCandidates(undefined, COOKIES.workbench)).toEqual([]);
    expect(read(0)).toEqual([]);
    expect(read(2)).toEqual(['0', '1']);
    expect(read(COOKIE_CANDIDATES_MAX).length).toBe(COOKIE_CANDIDATES_MAX);
    expect(read(COOKIE_CANDIDATES_MAX + 1)).toEqual([]);
  });
});

describe('formatDeletedRepetitions', () => {
  it('deletes the partitioned cookie beside each repeated one of the gate', () => {
    expect(formatDeletedRepetitions(undefined)).toEqual([]);
    expect(formatDeletedRepetitions('__Host-wb_s=a; a=1; a=2; __Host-wb_e=b')).toEqual([]);
    expect(formatDeletedRepetitions('__Host-wb_s=a; __Host-wb_e=; __Host-wb_s=a; __Host-wb_e=b')).toEqual([
      '__Host-wb_s=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax; Partitioned',
      '__Host-wb_e=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax; Partitioned',
    ]);
  });
});

describe('COOKIES', () => {
  it('have names that no workbench receives', () => {
    for (const name of Object.values(COOKIES)) expect(isOwnCookie(`${name}=a`)).toBe(true);
  });
});

describe('formatCookie', () => {
  it('binds the cookie to its host and hides it from scripts', () => {
    expect(formatCookie(COOKIES.signIn, 'a', 1_500)).toBe(
      '__Host-wb_u=a; Max-Age=2; Path=/; Secure; HttpOnly; SameSite=Lax',
    );
    expect(formatCookie(COOKIES.signIn, 'a', -1)).toContain('Max-Age=0;');
    expect(formatDeletedCookie(COOKIES.signIn)).toBe(
      '__Host-wb_u=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax',
    );
  });
});

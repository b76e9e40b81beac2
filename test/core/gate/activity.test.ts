import { describe, expect, it } from 'vitest';
import { isFromBrowser, RequestPattern } from '#core/gate/activity.ts';
import type { UserVisitor } from '#core/gate/visitor.ts';

const MINUTE = 60_000;
const USER: UserVisitor = { kind: 'user', userId: 'ada', admin: false, signedInAt: 0, expiresAt: MINUTE };

describe('a request pattern', () => {
  /** The results of a request that is sent at these seconds. */
  const notesAt = (seconds: readonly number[], request: (second: number) => [string, string]) => {
    const pattern = new RequestPattern();
    return seconds.map((second) => pattern.note(...request(second), second * 1000));
  };

  it('takes a request for that of a poller once it came in each of the last three minutes', () => {
    const seconds = [0, 30, 60, 90, 120, 150, 179, 180, 200, 240];
    expect(notesAt(seconds, () => ['GET', '/api/kernels'])).toEqual([
      ...seconds.filter((second) => second < 180).map(() => true),
      ...seconds.filter((second) => second >= 180).map(() => false),
    ]);
  });

  it('takes it for that of a person again after two minutes without it, or one if it changes something', () => {
    const expected = [true, true, true, false, true, true, true, false];
    const seconds = [0, 60, 120, 180, 360, 420, 480, 540];
    expect(notesAt(seconds, () => ['GET', '/'])).toEqual(expected);
    const earlier = [0, 60, 120, 180, 300, 360, 420, 480];
    expect(notesAt(earlier, () => ['PUT', '/'])).toEqual(expected);
  });

  it('takes a poller of JupyterLab, which asks every 61 seconds, for one at all times', () => {
    const seconds = Array.from({ length: 600 }, (_, index) => 61 * index);
    const persons = notesAt(seconds, () => ['GET', '/api/kernelspecs']).filter(Boolean);
    expect(persons).toHaveLength(3);
  });

  it('takes the saving of a file that is edited, every two minutes, for that of a person', () => {
    const seconds = Array.from({ length: 30 }, (_, index) => 120 * index);
    expect(notesAt(seconds, () => ['PUT', '/api/contents/a.ipynb'])).not.toContain(false);
  });

  it('compares method and path, and not the query', () => {
    const minutes = [0, 60, 120, 180, 240];
    expect(notesAt(minutes, (second) => ['GET', `/api/sessions?${second}`])).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(notesAt(minutes, (second) => ['GET', `/files/${second}`])).toEqual(minutes.map(() => true));
    expect(notesAt(minutes, (second) => [second === 180 ? 'POST' : 'GET', '/'])).toEqual([
      ...[true, true, true],
      ...[true, false],
    ]);
  });

  it.each(['/healthz', '/api/status', '/api/status?1'])(
    'never takes %s for the request of a person',
    (target) => {
      expect(notesAt([0], () => ['GET', target])).toEqual([false]);
    },
  );

  it('keeps at most 500 requests, and forgets them three minutes later', () => {
    const pattern = new RequestPattern();
    for (let minute = 0; minute < 3; minute += 1) pattern.note('GET', '/old', minute * MINUTE);
    for (let n = 0; n < 499; n += 1) pattern.note('GET', `/${n}`, 2 * MINUTE);
    expect(pattern.note('GET', '/old', 3 * MINUTE)).toBe(false);
    for (let n = 0; n < 500; n += 1) pattern.note('GET', `/${n}`, 3 * MINUTE);
    expect(pattern.note('GET', '/old', 4 * MINUTE)).toBe(true);
    expect(pattern.forgetOld(6 * MINUTE)).toBe(true);
    expect(pattern.forgetOld(7 * MINUTE)).toBe(false);
  });
});

describe('isFromBrowser', () => {
  it.each([
    [USER, {}, true],
    [{ kind: 'open' }, {}, false],
    [{ kind: 'open' }, { secFetchSite: 'none' }, true],
    [{ kind: 'open' }, { origins: ['http://localhost'] }, true],
    [{ kind: 'none' }, { secFetchSite: 'none', origins: ['http://localhost'] }, false],
  ] as const)('of %j with %j is %s', (visitor, headers, expected) => {
    expect(isFromBrowser({ origins: [], ...headers }, visitor)).toBe(expected);
  });
});

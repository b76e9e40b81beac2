import { describe, expect, it } from 'vitest';
import { formatScope, hasLimit, limitsInForce, parseScope } from '#core/quotas/limits.ts';

const INSTALLATION = { kind: 'installation' } as const;
const group = (name: string) => ({ kind: 'group', group: name }) as const;
const ADA = { kind: 'user', userId: 'ada' } as const;

describe('the limits in force', () => {
  it('do not limit anything without a limit', () => {
    const limits = limitsInForce([], {});
    expect(limits.running).toEqual({ max: null });
    expect(hasLimit(limits)).toBe(false);
  });

  it('are those of the nearest scope, each by itself', () => {
    const stored = [
      { scope: INSTALLATION, limits: { workbenches: 5, running: 5, cpu: 5, memory: 5 } },
      { scope: group('a'), limits: { running: 7, cpu: 7 } },
      { scope: ADA, limits: { cpu: 1 } },
    ];
    expect(limitsInForce(stored, { memory: 9, gpus: 9 })).toMatchObject({
      workbenches: { max: 5, source: 'installation' },
      running: { max: 7, source: 'group:a' },
      cpu: { max: 1, source: 'user:ada' },
      memory: { max: 5, source: 'installation' },
      gpus: { max: 9, source: 'installation' },
      hosts: { max: null },
    });
  });

  it('do not limit a user for whom a nearer scope says so', () => {
    const stored = [
      { scope: INSTALLATION, limits: { running: 0 } },
      { scope: ADA, limits: { running: null } },
    ];
    const limits = limitsInForce(stored, {});
    expect(limits.running).toEqual({ max: null, source: 'user:ada' });
    expect(hasLimit(limits)).toBe(false);
  });

  it('of several groups are the highest', () => {
    const of = (...values: (number | null)[]) =>
      limitsInForce(
        values.map((running, n) => ({ scope: group(`g${n}`), limits: { running } })),
        {},
      ).running;
    expect(of(2, 5, 3)).toEqual({ max: 5, source: 'group:g1' });
    expect(of(2, null, 3)).toEqual({ max: null, source: 'group:g1' });
    expect(of(0)).toEqual({ max: 0, source: 'group:g0' });
  });
});

describe('a scope', () => {
  it('is parsed as it was written, with colons in names', () => {
    for (const scope of [INSTALLATION, group('a:b'), ADA])
      expect(parseScope(formatScope(scope), () => true)).toEqual(scope);
  });

  it('of any other text is none', () => {
    for (const text of ['', 'user:', 'group:', 'users:ada', 'installation:', 'organisation'])
      expect(parseScope(text, (id) => id !== '')).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import {
  CUTOFF_RETENTION_MS,
  cutoffsExpireAt,
  ISSUER_CUTOFFS_MAX,
  NO_CUTOFFS,
  raiseCutoff,
} from '#core/ports/session-cutoff-store.ts';
import { T0 } from '#test/builders/workbench.ts';

describe('raiseCutoff', () => {
  it('drops the cutoff of a session at the issuer when no session can be that old', () => {
    const old = raiseCutoff(NO_CUTOFFS, T0, 'old');
    expect(raiseCutoff(old, T0 + CUTOFF_RETENTION_MS - 1, 'new').byIssuerSession).toHaveProperty('old');
    expect(raiseCutoff(old, T0 + CUTOFF_RETENTION_MS, 'new').byIssuerSession).not.toHaveProperty('old');
  });

  it('ends all sessions at the latest time when there are too many, even if the last call has an earlier one', () => {
    let cutoffs = NO_CUTOFFS;
    for (let n = 0; n < ISSUER_CUTOFFS_MAX; n += 1) cutoffs = raiseCutoff(cutoffs, T0 + n, `sid-${n}`);
    expect(Object.keys(cutoffs.byIssuerSession)).toHaveLength(ISSUER_CUTOFFS_MAX);
    const latest = T0 + ISSUER_CUTOFFS_MAX - 1;
    expect(raiseCutoff(cutoffs, T0 - 1, 'one more')).toEqual({ all: latest, byIssuerSession: {} });
    expect(raiseCutoff(cutoffs, T0, 'sid-3')).toEqual(cutoffs);
  });
});

describe('cutoffsExpireAt', () => {
  it('returns when the latest cutoff ends no session any more', () => {
    expect(cutoffsExpireAt({ all: T0, byIssuerSession: { a: T0 + 2, b: T0 + 1 } })).toBe(
      T0 + 2 + CUTOFF_RETENTION_MS,
    );
    expect(cutoffsExpireAt({ all: T0, byIssuerSession: {} })).toBe(T0 + CUTOFF_RETENTION_MS);
  });
});

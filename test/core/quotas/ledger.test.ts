import { describe, expect, it } from 'vitest';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import { type Held, heldBy } from '#core/quotas/held.ts';
import {
  addHold,
  EMPTY_LEDGER,
  findExceeded,
  INTENT_GRACE_MS,
  type Ledger,
  recount,
  settle,
  sumOf,
} from '#core/quotas/ledger.ts';
import { limitsInForce } from '#core/quotas/limits.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { LARGEST_WORKBENCHES } from '#test/builders/largest-workbench.ts';
import { deleting, running, starting, stopped, stopping, T0 } from '#test/builders/workbench.ts';

const ONE: Held = { workbenches: 1, running: 1, cpu: 1024 };
const ledgerOf = (entries: Ledger['entries']): Ledger => ({ ...EMPTY_LEDGER, entries });
const entry = (revision: number, held: Held, at = T0) => ({ revision, at, held: { ...held } });
const limits = (running: number) => limitsInForce([], { running });

describe('what a workbench holds', () => {
  it('is capacity from the request to start until it is known to have stopped', () => {
    for (const workbench of [starting(), running(), stopping()])
      expect(heldBy(workbench)).toMatchObject({ workbenches: 1, running: 1 });
    expect(heldBy(stopped())).toEqual({ workbenches: 1 });
  });

  it('is capacity during a deletion as long as there is a run, and a workbench until its end', () => {
    const { run } = running();
    expect(heldBy(deleting({ run }))).toMatchObject({ workbenches: 1, running: 1 });
    const { run: _none, ...without } = deleting();
    expect(heldBy(without as ReturnType<typeof deleting>)).toEqual({ workbenches: 1 });
  });

  it('is a host if it has a dedicated instance type, also while it is stopped', () => {
    const spec = { ...stopped().spec, dedicatedInstanceType: 'm7i.large' };
    expect(heldBy(stopped({ spec }))).toEqual({ workbenches: 1, hosts: 1 });
  });

  it('is known for every kind of record', () => {
    for (const largest of Object.values(LARGEST_WORKBENCHES)) {
      const { restorable: _deleted, ...workbench } = largest;
      expect(heldBy(workbench as Workbench).workbenches).toBe(1);
      expect(heldBy(largest).workbenches).toBe(0);
    }
  });
});

describe('a hold', () => {
  it('of the revision that is about to be written replaces an older entry', () => {
    const ledger = addHold(ledgerOf({ a: entry(4, { workbenches: 1 }) }), {
      ...{ workbenchId: 'a', revision: 5, held: ONE, at: T0 + 9 },
    });
    expect(ledger.entries).toEqual({ a: entry(5, ONE, T0 + 9) });
    expect(sumOf(ledger)).toMatchObject({ workbenches: 1, running: 1, cpu: 1024 });
  });

  it('begins the grace period of an attempt with the same revision again', () => {
    const ledger = addHold(ledgerOf({ a: entry(5, ONE) }), {
      ...{ workbenchId: 'a', revision: 5, held: ONE, at: T0 + 9 },
    });
    expect(ledger.entries.a?.at).toBe(T0 + 9);
  });

  it('does not replace the entry of a later revision', () => {
    const before = ledgerOf({ a: entry(6, ONE) });
    expect(addHold(before, { workbenchId: 'a', revision: 5, held: ONE, at: T0 })).toBe(before);
  });

  it('is refused with the figures of the first limit that it would exceed', () => {
    const ledger = ledgerOf({ a: entry(1, ONE), b: entry(1, ONE) });
    expect(findExceeded(ledger, 'c', ONE, limits(2))).toEqual({
      ...{ name: 'running', limit: 2, used: 2, requested: 1 },
      ...{ scope: 'installation', unit: 'workbenches' },
    });
    expect(findExceeded(ledger, 'c', ONE, limits(3))).toBeUndefined();
  });

  it('that adds nothing is allowed although the limit was lowered', () => {
    const ledger = ledgerOf({ a: entry(1, ONE), b: entry(1, ONE) });
    expect(findExceeded(ledger, 'a', ONE, limits(1))).toBeUndefined();
    expect(findExceeded(ledger, 'c', { workbenches: 1 }, limits(1))).toBeUndefined();
  });
});

describe('settling', () => {
  it('gives back what the record no longer holds', () => {
    const ledger = settle(ledgerOf({ a: entry(5, ONE) }), {
      ...{ workbenchId: 'a', revision: 7, held: { workbenches: 1 }, at: T0 },
    });
    expect(sumOf(ledger)).toMatchObject({ workbenches: 1, running: 0, cpu: 0 });
  });

  it('removes the entry of a deleted record', () => {
    const ledger = settle(ledgerOf({ a: entry(5, ONE) }), {
      ...{ workbenchId: 'a', revision: 7, held: undefined, at: T0 },
    });
    expect(ledger.entries).toEqual({});
  });

  it('adds no entry: the workbench was deleted, or got another owner, while the request was frozen', () => {
    const before = ledgerOf({ b: entry(5, ONE) });
    for (const held of [ONE, undefined])
      expect(settle(before, { workbenchId: 'a', revision: 7, held, at: T0 })).toBe(before);
  });

  it('does not take back what a later request has added', () => {
    const before = ledgerOf({ a: entry(8, ONE) });
    for (const held of [{ workbenches: 1 }, undefined])
      expect(settle(before, { workbenchId: 'a', revision: 7, held, at: T0 })).toBe(before);
  });
});

describe('a recount', () => {
  const record = stopped({ revision: 4 });
  const id = record.workbenchId;
  const late = T0 + INTENT_GRACE_MS + 1;

  it('changes nothing if the ledger is right', () => {
    const before = ledgerOf({ [id]: entry(2, heldBy(record)) });
    expect(recount(before, [record], late)).toEqual({ ledger: before, changed: [], missing: [] });
  });

  it('adds what is missing, and corrects what is wrong', () => {
    const other = running({ workbenchId: 'other', revision: 4 });
    const before = ledgerOf({ [id]: entry(4, ONE) });
    const { ledger, changed } = recount(before, [record, other], T0);
    expect(ledger.entries[id]?.held).toEqual({ workbenches: 1 });
    expect(ledger.entries.other?.held).toMatchObject({ running: 1 });
    expect(changed).toEqual([id, 'other']);
  });

  it('leaves the entry of a request in progress until its grace period is over', () => {
    const before = ledgerOf({ [id]: entry(5, ONE), created: entry(1, ONE) });
    expect(recount(before, [record], T0 + INTENT_GRACE_MS)).toEqual({
      ...{ ledger: before, changed: [], missing: [] },
    });
    expect(recount(before, [record], late)).toMatchObject({ changed: [id], missing: ['created'] });
  });

  it('keeps entries from the future for one grace period, because the clock was set back', () => {
    const ahead = T0 + 23 * 3_600_000;
    const before = ledgerOf({ [id]: entry(5, ONE, ahead), created: entry(1, ONE, ahead) });
    const first = recount(before, [record], T0);
    expect(first).toMatchObject({ changed: [], missing: [] });
    expect(first.ledger).toEqual(ledgerOf({ [id]: entry(5, ONE), created: entry(1, ONE) }));
    expect(recount(first.ledger, [record], late)).toMatchObject({ changed: [id], missing: ['created'] });
  });

  it('keeps the time of an entry whose clock was ahead by less than clocks may differ', () => {
    const before = ledgerOf({ created: entry(1, ONE, T0 + CLOCK_SKEW_MAX_MS) });
    expect(recount(before, [], T0)).toEqual({ ledger: before, changed: [], missing: [] });
  });
});

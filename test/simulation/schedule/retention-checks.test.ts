import { expect, it } from 'vitest';
import { running, stopped } from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import { WorldFixture } from '../world/world-fixture.ts';
import { ClientHistory } from './client-history.ts';
import { RetentionChecks } from './retention-checks.ts';

const MINUTE = 60_000;
const ID = stopped().workbenchId;

/** Writes a record of the workbench with one history entry each. */
function checksOfStopped() {
  const clients = new ClientHistory();
  const checks = new RetentionChecks(new WorldFixture({ hazards: NO_HAZARDS }).world, clients, 10 * MINUTE);
  let record = stopped({ updatedAt: 0 });
  const write = (at: number, type: 'retention_warned' | 'delete_requested' | 'updated', decidedAt = at) => {
    const before = record;
    const seq = before.historySeq + 1;
    const entry = {
      ...{ seq, at: decidedAt, type },
      ...(type === 'updated' ? { by: 'ada' } : { code: 'retention' as const }),
    };
    record = stopped({ historySeq: seq, outbox: [entry], updatedAt: decidedAt });
    checks.checkWrite(record, before, at);
  };
  checks.checkWrite(record, running(), 0);
  return { checks, clients, write };
}

it('a deletion after the warning and the time of the retention violates no rule, and counts as requested', () => {
  const { clients, write } = checksOfStopped();
  write(5 * MINUTE, 'retention_warned');
  write(10 * MINUTE, 'delete_requested');
  expect(clients.isDeletionAcknowledged(ID)).toBe(true);
});

it('a deletion without a warning, just after it, or too soon after a change violates a rule', () => {
  const unwarned = checksOfStopped();
  expect(() => unwarned.write(10 * MINUTE, 'delete_requested')).toThrow('without a warning');
  const late = checksOfStopped();
  late.write(9 * MINUTE, 'retention_warned');
  expect(() => late.write(10 * MINUTE, 'delete_requested')).toThrow('60 s after the warning');
  const changed = checksOfStopped();
  changed.write(4 * MINUTE, 'updated');
  changed.write(5 * MINUTE, 'retention_warned');
  expect(() => changed.write(10 * MINUTE, 'delete_requested')).toThrow(
    '360 s after it was stopped or changed',
  );
});

it('the time of the retention begins when a function decides on a change, even when it freezes before its write', () => {
  const deletedAt = (at: number) => {
    const { write } = checksOfStopped();
    write(9 * MINUTE, 'updated', 4 * MINUTE);
    write(9 * MINUTE, 'retention_warned', 8 * MINUTE);
    write(at, 'delete_requested');
  };
  deletedAt(14 * MINUTE);
  expect(() => deletedAt(14 * MINUTE - 1000)).toThrow('599 s after it was stopped or changed');
});

it('the time after the warning counts from its decision to that of the deletion, even when a function freezes in between', () => {
  const deletedAt = (at: number) => {
    const { write } = checksOfStopped();
    write(10 * MINUTE, 'retention_warned', 6 * MINUTE);
    write(12 * MINUTE, 'delete_requested', at);
  };
  deletedAt(11 * MINUTE);
  expect(() => deletedAt(11 * MINUTE - 1)).toThrow('300 s after the warning');
});

it('a workbench that is stopped for longer violates a rule', () => {
  const { checks } = checksOfStopped();
  checks.checkEnded([stopped()], 15 * MINUTE);
  expect(() => checks.checkEnded([stopped()], 17 * MINUTE)).toThrow('has been stopped for 1020 s');
});

import { beforeEach, expect, it } from 'vitest';
import type { Workbench } from '#core/workbench/workbench.ts';
import { running, stopped } from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import { WorldFixture } from '../world/world-fixture.ts';
import { ClientHistory } from './client-history.ts';
import { TimetableChecks } from './timetable-checks.ts';

const MINUTE = 60_000;
/** 3:00 in Berlin. */
const NOW = Date.UTC(2030, 0, 10, 2);
const TIMES = { minutes: [10], hours: [3] };
const AT = NOW + 10 * MINUTE;
const ID = stopped().workbenchId;

let clients: ClientHistory;
let checks: TimetableChecks;
let schedule: NonNullable<Workbench['schedule']>;

beforeEach(() => {
  clients = new ClientHistory();
  checks = new TimetableChecks(new WorldFixture({ hazards: NO_HAZARDS }).world, clients);
  const cron = checks.toKnownCron(TIMES);
  schedule = { start: cron, stop: cron, zone: 'Europe/Berlin' };
  checks.checkWrite(stopped({ schedule }), stopped(), NOW);
});

const entry = (type: 'schedule_started' | 'schedule_warned', seq: number) => ({ seq, at: NOW, type });

function startAt(now: number): void {
  const before = stopped({ schedule });
  const seq = before.historySeq + 1;
  checks.checkWrite(
    stopped({ schedule, historySeq: seq, outbox: [entry('schedule_started', seq)] }),
    before,
    now,
  );
}

it('a start at its time violates no rule, and is what was requested last', () => {
  clients.recordAcknowledged(clients.recordRequest(ID, 'stopped', NOW), NOW);
  startAt(AT + MINUTE);
  expect([...clients.possibleStates(ID)]).toEqual(['running']);
});

it('a start before its time violates a rule, and so does a second one', () => {
  expect(() => startAt(AT - MINUTE)).toThrow('which has no such time');
  startAt(AT);
  expect(() => startAt(AT + MINUTE)).toThrow('twice for one time');
});

it('a start after a stop that its user has requested since violates a rule', () => {
  clients.recordAcknowledged(clients.recordRequest(ID, 'stopped', AT + 10_000), AT + 11_000);
  expect(() => startAt(AT + MINUTE)).toThrow('although its user has requested something');
});

it('a start after the removal of the schedule violates a rule, unless it may have been set since', () => {
  const removal = checks.noteRequest(ID, true, NOW);
  Object.assign(removal, { endedAt: NOW, isAcknowledged: true });
  expect(() => startAt(AT)).toThrow('although the schedule was removed');
  checks.noteRequest(ID, false, NOW);
  startAt(AT);
});

it('a stop without a warning, just after it, or within an extension violates a rule', () => {
  const before = running({ schedule });
  const seq = before.historySeq + 1;
  const warned = running({
    schedule: { ...schedule, state: 'warned' },
    historySeq: seq,
    outbox: [entry('schedule_warned', seq)],
  });
  const after = stopped({ schedule, reason: { code: 'schedule', message: '' } });
  checks.checkWrite(before, stopped(), NOW);
  expect(() => checks.checkWrite(after, before, AT)).toThrow('without a warning');
  checks.checkWrite(before, stopped(), NOW);
  checks.checkWrite(warned, before, NOW);
  expect(() => checks.checkWrite(after, warned, NOW + MINUTE)).toThrow('60 s after the warning');
  checks.noteExtension(ID, AT + MINUTE)(NOW);
  expect(() => checks.checkWrite(after, warned, AT)).toThrow('60 s before the end of an extension');
  checks.checkWrite(after, warned, AT + MINUTE);
});

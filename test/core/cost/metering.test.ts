import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Meter } from '#core/cost/meter.ts';
import { closedUsage, meterAfter, meteredStateOf, monthToDate, openUsage } from '#core/cost/metering.ts';
import type { UsageEntry } from '#core/ports/usage-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  issuedRun,
  pending,
  provisioning,
  running,
  starting,
  stopped,
  stopping,
} from '#test/builders/workbench.ts';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(`${text}:00Z`);
/** 0.36 USD an hour: 100 millionths a second. */
const RATE = 360_000;
const placed = acceptedRun({ rate: RATE });
const NOON = at('2030-03-10T12:00');

/** Writes the records one after another, as `updateRecord` does, and keeps what ended meters have counted. */
function write(...writes: readonly (readonly [string, Workbench])[]) {
  let before: Workbench = stopped({ updatedAt: 0, revision: 0 });
  const stored = new Map<string, UsageEntry>();
  for (const [time, next] of writes) {
    const now = at(time);
    const { meter: _own, ...rest } = next;
    const meter = meterAfter(before, rest as Workbench, now);
    const after = {
      ...rest,
      updatedAt: now,
      revision: before.revision + 1,
      ...(meter === undefined ? {} : { meter }),
    } as Workbench;
    for (const entry of closedUsage(before, after, now))
      stored.set([entry.userId, entry.month, entry.seq].join(), entry);
    before = after;
  }
  return { workbench: before, stored: [...stored.values()] };
}

const total = ({ workbench, stored }: ReturnType<typeof write>, now: number) =>
  [...stored, ...openUsage(workbench, now)].reduce((sum, { micros }) => sum + micros, 0);

describe('the rate of a workbench', () => {
  it('is that of its share while its task is on an instance', () => {
    expect(meteredStateOf(running({ run: placed }))).toEqual({ on: true, rate: RATE });
    expect(meteredStateOf(pending({ run: placed }))).toEqual({ on: true, rate: RATE });
    const ending = acceptedRun({ rate: RATE, containerInstance: 'ci-1' });
    expect(meteredStateOf(stopping({ run: ending }))).toEqual({ on: true, rate: RATE });
  });

  it.each<[string, Workbench]>([
    ['a stopped workbench', stopped()],
    ['a start', starting({ run: issuedRun({ rate: RATE }) })],
    ['a task that waits for an instance', provisioning({ run: placed })],
    ['a stop of a task that never was on an instance', stopping({ run: placed })],
    [
      'a task that has stopped',
      stopping({ run: acceptedRun({ rate: RATE, containerInstance: 'ci-1', goneAfter: NOON }) }),
    ],
  ])('is 0 for %s', (_, workbench) => {
    expect(meteredStateOf(workbench)).toEqual({ on: false, rate: 0 });
  });

  it('is that of the whole host while it runs, and of its disk in every other state', () => {
    const host = aHost({ rate: 500_000, diskRate: 11_000 });
    const stateOf = (state: typeof host.state) => meteredStateOf(running({ host: { ...host, state } }));
    expect(stateOf('running')).toEqual({ on: true, rate: 500_000 });
    expect(stateOf('pending')).toEqual({ on: true, rate: 500_000 });
    expect(stateOf('stopping')).toEqual({ on: false, rate: 11_000 });
    expect(stateOf('stopped')).toEqual({ on: false, rate: 11_000 });
  });

  it('has the price of the files in every state', () => {
    const files = { kib: 1, rate: 7000, at: NOON };
    const host = aHost({ state: 'stopped', diskRate: 11_000 });
    expect(meteredStateOf(stopped({ files }))).toEqual({ on: false, rate: 7000 });
    expect(meteredStateOf(stopped({ files, host }))).toEqual({ on: false, rate: 18_000 });
    expect(meteredStateOf(running({ files, run: acceptedRun({ rate: RATE }) }))).toEqual({
      on: true,
      rate: RATE + 7000,
    });
  });

  it('is 0 before a host is launched', () => {
    const { instanceId: _none, ...host } = aHost({ state: 'requested' });
    expect(meteredStateOf(starting({ host }))).toEqual({ on: false, rate: 0 });
  });
});

describe('the sum of a month', () => {
  it('grows with the time without a write', () => {
    const { workbench } = write(['2030-03-10T10:00', running({ run: placed })]);
    expect(monthToDate(workbench, NOON)).toBe(720_000);
    expect(monthToDate(workbench, NOON + HOUR)).toBe(1_080_000);
  });

  it('stays after a stop, and continues with the next run', () => {
    const { workbench } = write(
      ['2030-03-01T10:00', running({ run: placed })],
      ['2030-03-01T11:00', stopped()],
      ['2030-03-09T10:00', running({ run: placed })],
      ['2030-03-09T10:30', stopped()],
    );
    expect(monthToDate(workbench, NOON)).toBe(540_000);
    expect(openUsage(workbench, NOON)).toMatchObject([{ month: '2030-03', micros: 180_000, ms: 0.5 * HOUR }]);
  });

  it('contains nothing of the month before, which is stored', () => {
    const written = write(['2030-02-28T22:00', running({ run: placed })], ['2030-03-01T01:00', stopped()]);
    expect(monthToDate(written.workbench, NOON)).toBe(360_000);
    expect(written.stored).toMatchObject([{ month: '2030-02', micros: 720_000, ms: 2 * HOUR, seq: 1 }]);
  });

  it('is right before the first write of a month', () => {
    const { workbench } = write(['2030-02-28T22:00', running({ run: placed })]);
    expect(monthToDate(workbench, at('2030-03-01T01:00'))).toBe(360_000);
    expect(openUsage(workbench, at('2030-03-01T01:00'))).toMatchObject([
      { month: '2030-02', micros: 720_000 },
      { month: '2030-03', micros: 360_000 },
    ]);
  });

  it('is stored for each month that had no write', () => {
    const host = aHost({ state: 'stopped', rate: 500_000, diskRate: 10_000, agentConnected: false });
    const written = write(
      ['2030-01-31T00:00', stopped({ host })],
      ['2030-04-01T01:00', stopped({ host, name: 'new name' })],
    );
    expect(written.stored).toMatchObject([
      { month: '2030-01', micros: 240_000, ms: 0 },
      { month: '2030-02', micros: 28 * 240_000 },
      { month: '2030-03', micros: 31 * 240_000 },
    ]);
    expect(monthToDate(written.workbench, at('2030-04-01T01:00'))).toBe(10_000);
  });

  it('of a workbench that has another owner is split between the owners, and complete in the item', () => {
    const written = write(
      ['2030-03-01T10:00', running({ run: placed })],
      ['2030-03-01T11:00', stopped()],
      ['2030-03-02T10:00', stopped({ userId: 'grace' })],
      ['2030-03-03T10:00', running({ userId: 'grace', run: placed })],
      ['2030-03-03T13:00', stopped({ userId: 'grace' })],
    );
    expect(written.stored).toMatchObject([{ userId: 'ada', micros: 360_000, seq: 1 }]);
    expect(openUsage(written.workbench, NOON)).toMatchObject([
      { userId: 'grace', micros: 1_080_000, seq: 4 },
    ]);
    expect(monthToDate(written.workbench, NOON)).toBe(1_440_000);
  });

  it('is known for each day, also for those that had no write', () => {
    const written = write(
      ['2030-02-28T22:00', running({ run: placed })],
      ['2030-03-02T01:00', stopped()],
      ['2030-03-02T02:00', running({ run: placed })],
      ['2030-03-02T04:00', stopped()],
    );
    const day = (number: number, hours: number) => ({ day: number, micros: hours * RATE, ms: hours * HOUR });
    expect(written.stored.map(({ month, days }) => ({ month, days }))).toEqual([
      { month: '2030-02', days: [day(28, 2)] },
      { month: '2030-03', days: [day(1, 24)] },
    ]);
    expect(openUsage(written.workbench, at('2030-03-03T00:00'))).toMatchObject([{ days: [day(2, 3)] }]);
    expect(monthToDate(written.workbench, NOON)).toBe(27 * RATE);
  });

  it('contains the days before that a meter of an earlier version has counted, as of the day of its last change', () => {
    const { workbench } = write(['2030-03-10T10:00', running({ run: placed })]);
    const earlier = { ...workbench, meter: { ...(workbench.meter as Meter), micros: 5_000_000, ms: HOUR } };
    expect(monthToDate(earlier, at('2030-03-11T10:00'))).toBe(5_000_000 + 24 * RATE);
    expect(openUsage(earlier, at('2030-03-10T11:00'))).toMatchObject([
      { days: [{ day: 10, micros: 5_000_000 + RATE, ms: 2 * HOUR }] },
    ]);
  });

  it('is the same if the write is retried', () => {
    const before = { ...write(['2030-02-28T23:00', running({ run: placed })]).workbench };
    const after = { ...stopped(), meter: meterAfter(before, stopped(), NOON) } as Workbench;
    const first = closedUsage(before, after, NOON);
    const later = NOON + HOUR;
    const again = closedUsage(
      before,
      { ...stopped(), meter: meterAfter(before, stopped(), later) } as Workbench,
      later,
    );
    expect(again).toEqual(first);
    expect(first).toMatchObject([{ month: '2030-02' }, { month: '2030-03' }]);
  });

  it('does not fall while a clock is set back, and is right when the clock is right again', () => {
    const written = write(
      ['2030-03-10T10:00', running({ run: placed })],
      ['2030-03-10T09:00', running({ run: placed, name: 'new name' })],
      ['2030-03-10T12:00', stopped()],
    );
    expect(total(written, NOON)).toBe(720_000);
  });

  it('continues at the last write of a version that does not know the meter', () => {
    const { workbench } = write(['2030-03-10T10:00', running({ run: placed })]);
    const ended = { ...stopped(), meter: workbench.meter, updatedAt: at('2030-03-10T11:00') } as Workbench;
    expect(monthToDate(ended, NOON)).toBe(360_000);
    const after = { ...ended, name: 'new name' } as Workbench;
    expect(meterAfter(ended, after, NOON)).toMatchObject({ rate: 0, micros: 360_000 });
  });

  it('needs no meter before the workbench costs anything', () => {
    expect(write(['2030-03-10T10:00', starting()]).workbench).not.toHaveProperty('meter');
  });

  it('is the price times the time, no matter what is written when', () => {
    const state = fc.constantFrom<Workbench>(running({ run: placed }), stopped(), provisioning());
    const history = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 * 24 }), state), { maxLength: 12 });
    fc.assert(
      fc.property(history, (steps) => {
        let time = at('2030-01-20T00:00');
        let hours = 0;
        const writes: [string, Workbench][] = steps.map(([ms, workbench]) => {
          const written = new Date(time).toISOString().slice(0, 16);
          if (workbench.status === 'running') hours += ms;
          time += ms * HOUR;
          return [written, workbench];
        });
        expect(total(write(...writes), time)).toBe(hours * RATE);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { OpenRequests } from '#gate/open-requests.ts';
import { Drain } from '#gate/watch/drain.ts';
import { T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { anOpenRequest } from './an-open-request.ts';

const DELAY_MS = 30_000;
const SPREAD_MS = 40_000;

function setUp() {
  const clock = new ManualClock(T0);
  const openRequests = new OpenRequests();
  /** When WebSockets ended, milliseconds after the beginning. */
  const ended: number[] = [];
  const open = (webSocket = true) => {
    const remove = openRequests.add(
      anOpenRequest({
        request: { webSocket },
        close: (why) => {
          expect(why).toBe('going_away');
          ended.push(clock.now() - T0);
          remove();
        },
      }),
    );
  };
  const options = { openRequests, timers: clock, delayMs: DELAY_MS, spreadMs: SPREAD_MS };
  const drain = new Drain({ ...options, telemetry: new RecordingTelemetry() });
  let isOver = false;
  const run = () => {
    void drain.run().then(() => {
      isOver = true;
    });
  };
  return { clock, openRequests, ended, open, drain, run, isOver: () => isOver };
}

describe('a drain', () => {
  it('fails the health check at once and goes on for the load balancer', async () => {
    const { clock, ended, open, drain, run, isOver } = setUp();
    open();
    expect(drain.isDraining).toBe(false);
    run();
    expect(drain.isDraining).toBe(true);
    await clock.advanceAsync(DELAY_MS - 1);
    expect([ended, isOver()]).toEqual([[], false]);
  });

  it.each([1, 7, 40, 41, 1_000])(
    'ends %d WebSockets a few in each second, within the time',
    async (count) => {
      const { clock, ended, open, run, isOver } = setUp();
      for (let n = 0; n < count; n += 1) open();
      run();
      await clock.advanceAsync(DELAY_MS);
      for (let second = 0; second <= SPREAD_MS / 1_000; second += 1) await clock.advanceAsync(1_000);
      expect([ended.length, isOver()]).toEqual([count, true]);
      const perSecond = [...Map.groupBy(ended, (at) => at).values()].map((ones) => ones.length);
      expect(Math.max(...perSecond)).toBeLessThanOrEqual(Math.ceil(count / (SPREAD_MS / 1_000)));
      expect(Math.max(...ended)).toBeLessThan(DELAY_MS + SPREAD_MS);
    },
  );

  it('also ends those that open meanwhile, and no responses', async () => {
    const { clock, openRequests, ended, open, run, isOver } = setUp();
    for (let n = 0; n < 100; n += 1) open();
    open(false);
    run();
    await clock.advanceAsync(DELAY_MS);
    for (let second = 1; second < SPREAD_MS / 1_000; second += 1) {
      open();
      await clock.advanceAsync(1_000);
    }
    expect([ended.length, isOver(), openRequests.size]).toEqual([139, true, 1]);
  });

  it('is over after the delay if there is no WebSocket', async () => {
    const { clock, open, run, isOver } = setUp();
    open(false);
    run();
    await clock.advanceAsync(DELAY_MS);
    expect(isOver()).toBe(true);
  });
});

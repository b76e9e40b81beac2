import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heartbeats } from '#core/gate/heartbeats.ts';
import CODE_SERVER_TAB from './code-server-tab.json' with { type: 'json' };

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Notes messages at these times. Returns the times of those that are evidence of a person. */
function evidenceOf(times: readonly number[]): readonly number[] {
  const heartbeats = new Heartbeats();
  return times.toSorted((a, b) => a - b).filter((at) => heartbeats.note(at));
}

/** The times of something that happens regularly. */
function every(period: number, until: number, from = 0): number[] {
  return Array.from({ length: Math.ceil((until - from) / period) }, (_, index) => from + index * period);
}

describe('the heartbeats of a page', () => {
  it.each([5, 20, 30, 60, 90])(
    'are no evidence of a person every %s seconds, from the fifth on',
    (seconds) => {
      const period = seconds * SECOND;
      expect(evidenceOf(every(period, 180 * MINUTE))).toEqual(every(period, 4 * period));
    },
  );

  it('are no evidence if they arrive somewhat late, or with another heartbeat', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(400), { minLength: 720, maxLength: 720 }),
        fc.nat(5 * SECOND),
        (delays, phase) => {
          const beats = every(5 * SECOND, 60 * MINUTE).map((at, index) => at + (delays[index] ?? 0));
          const slow = every(MINUTE, 60 * MINUTE, phase);
          expect(evidenceOf([...beats, ...slow]).filter((at) => at > 6 * MINUTE)).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are no evidence after the network has held them back', () => {
    const beats = every(5 * SECOND, 60 * MINUTE);
    const held = beats.map((at) =>
      at > 30 * MINUTE && at < 30 * MINUTE + 12 * SECOND ? 30 * MINUTE + 12 * SECOND : at,
    );
    expect(evidenceOf(held).filter((at) => at > MINUTE)).toEqual([]);
  });
});

/** When an open, unused tab of code-server 4.139.1 in Chromium sent messages, milliseconds after its first connection: nine minutes. */
describe('the WebSockets of an unused tab of code-server', () => {
  it.each(Object.entries(CODE_SERVER_TAB))('give no evidence of a person: %s', (_, times) => {
    expect(evidenceOf(times).filter((at) => at > MINUTE)).toEqual([]);
  });
});

describe('the messages of a person', () => {
  it('are evidence at once on a WebSocket without heartbeats, also one at a time', () => {
    const interval = fc.nat({ max: 5 * MINUTE }).map((ms) => ms + 1);
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 4 }), (intervals) => {
        let at = 0;
        const times = intervals.map((ms) => (at += ms));
        expect(evidenceOf(times)).toEqual(times);
      }),
    );
  });

  it('are evidence among heartbeats from the sixth within ten seconds', () => {
    const beats = every(5 * SECOND, 60 * MINUTE);
    const keys = [0, 130, 400, 610, 900, 1450, 1500, 1730, 1990, 2200];
    const typed = keys.map((ms) => 30 * MINUTE + 2 * SECOND + ms);
    const evidence = evidenceOf([...beats, ...typed]).filter((at) => at > MINUTE);
    expect(evidence).toEqual(expect.arrayContaining(typed.slice(5)));
    expect(evidence.every((at) => at < 31 * MINUTE)).toBe(true);
  });

  it('are evidence for as long as a person types, however regularly', () => {
    const beats = every(5 * SECOND, 20 * MINUTE);
    const typed = every(200, 20 * MINUTE, 5 * MINUTE + 70);
    const evidence = evidenceOf([...beats, ...typed]);
    expect(evidence.filter((at) => at > 6 * MINUTE).length).toBeGreaterThan(typed.length * 0.7);
    expect(evidence.at(-1)).toBeGreaterThan(20 * MINUTE - SECOND);
  });
});

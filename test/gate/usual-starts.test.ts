import { expect, it } from 'vitest';
import type { StartTimesSummary } from '#core/workbench/start-times.ts';
import { USUAL_STARTS_MAX_AGE_MS, UsualStarts } from '#gate/usual-starts.ts';
import { starting } from '#test/builders/workbench.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const SUMMARIES: readonly StartTimesSummary[] = [
  { kind: 'first', count: 3, p50Ms: 9_000, p95Ms: 12_000 },
  { kind: 'later', count: 5, p50Ms: 4_000, p95Ms: 6_000 },
  { kind: 'later', instanceType: 'm6i.large', count: 2, p50Ms: 90_000, p95Ms: 120_000 },
];

function open() {
  const clock = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const source = { reads: 0, fails: false };
  const startTimes = {
    async list() {
      source.reads += 1;
      if (source.fails) throw new Error('throttled');
      return SUMMARIES;
    },
  };
  return { clock, telemetry, source, usual: new UsualStarts({ startTimes, clock, telemetry }) };
}

it('has the time of starts of the same kind and instance type', async () => {
  const { usual } = open();
  const first = starting();
  expect(usual.find(first)).toBeUndefined();
  await expect.poll(() => usual.find(first)).toEqual(SUMMARIES[0]);
  const later = { ...first, lastTaskId: 'a-task' };
  expect(usual.find(later)).toEqual(SUMMARIES[1]);
  const spec = { ...first.spec, dedicatedInstanceType: 'm6i.large' };
  expect(usual.find({ ...later, spec })).toEqual(SUMMARIES[2]);
  expect(usual.find({ ...first, spec })).toBeUndefined();
});

it('is read once a minute, however many pages show it', async () => {
  const { clock, source, usual } = open();
  for (let page = 0; page < 30; page += 1) usual.find(starting());
  await expect.poll(() => usual.find(starting())).toBeDefined();
  clock.advance(USUAL_STARTS_MAX_AGE_MS - 1);
  usual.find(starting());
  expect(source.reads).toBe(1);
  clock.advance(1);
  usual.find(starting());
  expect(source.reads).toBe(2);
});

it('keeps what was read while it cannot be read again, and tries once a minute', async () => {
  const { clock, source, telemetry, usual } = open();
  usual.find(starting());
  await expect.poll(() => usual.find(starting())).toBeDefined();
  source.fails = true;
  clock.advance(USUAL_STARTS_MAX_AGE_MS);
  expect(usual.find(starting())).toBeDefined();
  await expect.poll(() => telemetry.lines).toMatchObject([{ level: 'warn' }]);
  expect(usual.find(starting())).toBeDefined();
  expect(source.reads).toBe(2);
});

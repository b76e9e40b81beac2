import { describe, expect, test } from 'vitest';
import { LocalTelemetry } from '#adapters/local/local-telemetry.ts';

function makeTelemetry() {
  const written: string[] = [];
  const telemetry = new LocalTelemetry(
    (line) => void written.push(line),
    () => new Date(2030, 0, 1, 9, 5, 7),
  );
  return { telemetry, written };
}

describe('LocalTelemetry', () => {
  test('writes one line per message: time, level except for info, message, fields', () => {
    const { telemetry, written } = makeTelemetry();
    telemetry.info('workbench deleted', { workbenchId: '01abc', ms: 7, again: false, none: undefined });
    telemetry.warn('slow');
    telemetry.error('gone', { name: 'two words' });
    expect(written).toEqual([
      '09:05:07 workbench deleted workbenchId=01abc ms=7 again=false\n',
      '09:05:07 WARNING slow\n',
      '09:05:07 ERROR gone name="two words"\n',
    ]);
  });

  test('escapes control characters', () => {
    const { telemetry, written } = makeTelemetry();
    telemetry.info('a\nb', { name: 'x\n09:05:07 ERROR \u001b[2J\u009b' });
    telemetry.error('c', {}, new Error('d\r\ne'));
    expect(written[0]).toBe('09:05:07 a b name="x\\n09:05:07 ERROR \\u001b[2J "\n');
    expect(written.join('')).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('prints the stack of an error and of its cause', () => {
    const { telemetry, written } = makeTelemetry();
    telemetry.error('failed', {}, new Error('outer', { cause: new Error('inner') }));
    expect(written[0]).toMatch(/^09:05:07 ERROR failed\n {4}Error: outer\n {4}at .*\n {4}Error: inner\n/s);
    telemetry.error('failed', {}, 'a word');
    expect(written[1]).toBe('09:05:07 ERROR failed\n    a word\n');
  });

  test('sums metrics without writing them', () => {
    const { telemetry, written } = makeTelemetry();
    telemetry.count('effect_failed', 1, { kind: 'throttled' });
    telemetry.count('effect_failed', 2, { kind: 'throttled' });
    telemetry.count('drive_failed', 1);
    expect(Object.fromEntries(telemetry.counts)).toEqual({ 'effect_failed.throttled': 3, drive_failed: 1 });
    expect(written).toEqual([]);
  });

  test('never throws', () => {
    const telemetry = new LocalTelemetry(() => {
      throw new Error('EPIPE');
    });
    expect(() => telemetry.info('x')).not.toThrow();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutAwsHazards } from '../world/hazards.ts';
import {
  formatHazards,
  parseHazards,
  parseInteger,
  parseOptions,
  parseRunNumbers,
  parseSchedulePath,
  UsageError,
} from './arguments.ts';

const NUMBERS = { schedules: '1000', seed: '0', workers: '2' };

describe('parseRunNumbers', () => {
  it('returns whole numbers within their bounds', () => {
    expect(parseRunNumbers(NUMBERS)).toEqual({ schedules: 1000, seed: 0, workers: 2 });
    expect(parseRunNumbers({ ...NUMBERS, seed: '4294967295' }).seed).toBe(2 ** 32 - 1);
  });

  it.each([
    ['schedules', '0', '--schedules: expected a whole number from 1 to 10000000, not 0'],
    ['schedules', '1e3', '--schedules: expected a whole number from 1 to 10000000, not 1e3'],
    ['schedules', 'many', '--schedules: expected a whole number from 1 to 10000000, not many'],
    ['seed', '-1', '--seed: expected a whole number from 0 to 4294967295, not -1'],
    ['seed', '4294967296', '--seed: expected a whole number from 0 to 4294967295, not 4294967296'],
    ['seed', '', '--seed: expected a whole number from 0 to 4294967295, not nothing'],
    ['workers', '0', '--workers: expected a whole number from 1 to 64, not 0'],
    ['workers', '65', '--workers: expected a whole number from 1 to 64, not 65'],
    ['workers', '1.5', '--workers: expected a whole number from 1 to 64, not 1.5'],
  ])('throws a UsageError of one line for --%s %s', (name, text, message) => {
    expect(() => parseRunNumbers({ ...NUMBERS, [name]: text })).toThrow(new UsageError(message));
  });

  it('parses every whole number within the bounds', () => {
    fc.assert(
      fc.property(fc.nat(), (n) => {
        expect(parseInteger('seed', String(n), 0, 2 ** 32 - 1)).toBe(n);
      }),
    );
  });
});

describe('parseSchedulePath', () => {
  it.each(['0', '9999999:0:12'])('accepts the path that a failure prints: %s', (path) => {
    expect(parseSchedulePath(path)).toBe(path);
  });

  it.each(['', 'first', '1:', ':1', '1:-2', '10000000'])('throws a UsageError for %j', (path) => {
    expect(() => parseSchedulePath(path)).toThrow(UsageError);
  });
});

describe('parseHazards', () => {
  it('returns no hazard, none of AWS, or the given ones, which take precedence', () => {
    expect(parseHazards({})).toEqual({});
    expect(parseHazards({ hazards: 'base' })).toEqual(withoutAwsHazards());
    expect(parseHazards({ hazard: 'endsEarly=1,noCapacity=0.25' })).toEqual({
      endsEarly: 1,
      noCapacity: 0.25,
    });
    expect(parseHazards({ hazards: 'base', hazard: 'endsEarly=1' })).toEqual({
      ...withoutAwsHazards(),
      endsEarly: 1,
    });
  });

  it.each([
    [{ hazards: 'some' }, '--hazards: expected base, not some'],
    [{ hazard: 'endsEarly' }, '--hazard: expected endsEarly=p with p from 0 to 1, not endsEarly'],
    [{ hazard: 'endsEarly=2' }, '--hazard: expected endsEarly=p with p from 0 to 1, not endsEarly=2'],
    [{ hazard: 'rain=1' }, '--hazard: no hazard is named rain. Names: '],
    [{ hazard: '' }, '--hazard: no hazard is named nothing. Names: '],
  ])('throws a UsageError for %j', (given, message) => {
    expect(() => parseHazards(given)).toThrow(UsageError);
    expect(() => parseHazards(given)).toThrow(message);
  });

  it('formats the options as the command line had them', () => {
    expect(formatHazards({})).toBe('');
    expect(formatHazards({ hazards: 'base', hazard: 'endsEarly=1' })).toBe(
      ' --hazards base --hazard endsEarly=1',
    );
  });
});

describe('parseOptions', () => {
  const CONFIG = { seed: { type: 'string', default: '1' }, help: { type: 'boolean' } } as const;

  it('returns the options with their defaults', () => {
    expect(parseOptions(CONFIG, [])).toMatchObject({ seed: '1' });
    expect(parseOptions(CONFIG, ['--seed', '7', '--help'])).toMatchObject({ seed: '7', help: true });
  });

  it.each([[['--sed', '7']], [['--seed']], [['7']]])(
    'throws a UsageError for an unknown option or a missing value: %j',
    (args) => {
      expect(() => parseOptions(CONFIG, args)).toThrow(UsageError);
    },
  );
});

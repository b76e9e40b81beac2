import { expect, it } from 'vitest';
import { UsageError } from '#tools/command-line.ts';
import { parsePushArguments, resolveTag } from '#tools/image/push-arguments.ts';

it('takes the stage, and for the rest what is usual', () => {
  expect(parsePushArguments(['--stage', 'staging'])).toEqual({
    stage: 'staging',
    profile: undefined,
    image: undefined,
    base: 'auto',
    tag: undefined,
    dryRun: false,
  });
  expect(parsePushArguments(['--help'])).toBeUndefined();
});

it.each([
  [[], '--stage is needed'],
  [['--stage', 'x', '--base', 'moon'], 'auto, registry, packages'],
  [['--stage', 'x', '--image', ''], '--image'],
  [['--stage', 'x', '--image', 'Upper:1'], '--image'],
  [['--stage', 'x', '--tag', 'no/tag'], 'is no tag'],
  [['--stage', 'x', '--push'], "Unknown option '--push'"],
  [['--stage', 'x', 'y'], "Unexpected argument 'y'"],
])('refuses %j and says why', (args, why) => {
  expect(() => parsePushArguments(args)).toThrow(UsageError);
  expect(() => parsePushArguments(args)).toThrow(why);
});

it('takes the tag of the settings, or the given one where they pin a digest', () => {
  expect(resolveTag({ stage: 's', tag: undefined }, { tag: '1.0.0' })).toBe('1.0.0');
  expect(resolveTag({ stage: 's', tag: '1.1.0' }, {})).toBe('1.1.0');
  expect(() => resolveTag({ stage: 's', tag: '1.1.0' }, { tag: '1.0.0' })).toThrow(
    'settings/s.json names the tag',
  );
  expect(() => resolveTag({ stage: 's', tag: undefined }, {})).toThrow('pins a digest');
});

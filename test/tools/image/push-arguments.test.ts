import { expect, it } from 'vitest';
import { SOME_GATEWAY, someStage } from '#test/lib/some-stage.ts';
import { UsageError } from '#tools/command-line.ts';
import { resolveGateTag } from '#tools/image/gate-image.ts';
import { parsePushArguments, resolveTag } from '#tools/image/push-arguments.ts';

it('parses the stage and uses defaults for the rest', () => {
  expect(parsePushArguments(['--stage', 'staging'])).toEqual({
    stage: 'staging',
    profile: undefined,
    image: undefined,
    base: undefined,
    gate: false,
    tag: undefined,
    force: false,
    dryRun: false,
  });
  expect(parsePushArguments(['--help'])).toBeUndefined();
});

it.each([
  [[], '--stage is required'],
  [['--stage', 'x', '--base', 'no image'], '--base: no image is not a valid image name'],
  [['--stage', 'x', '--image', ''], '--image'],
  [['--stage', 'x', '--image', 'Upper:1'], '--image'],
  [['--stage', 'x', '--gate', '--image', 'a:1'], '--gate and --image exclude each other'],
  [['--stage', 'x', '--tag', 'no/tag'], 'is not a valid tag'],
  [['--stage', 'x', '--push'], "Unknown option '--push'"],
  [['--stage', 'x', 'y'], "Unexpected argument 'y'"],
])('rejects %j with a reason', (args, reason) => {
  expect(() => parsePushArguments(args)).toThrow(UsageError);
  expect(() => parsePushArguments(args)).toThrow(reason);
});

it('uses the tag of the settings, or of the arguments if the settings pin a digest', () => {
  expect(resolveTag({ stage: 's', tag: undefined }, { tag: '1.0.0' })).toBe('1.0.0');
  expect(resolveTag({ stage: 's', tag: '1.1.0' }, {})).toBe('1.1.0');
  expect(() => resolveTag({ stage: 's', tag: '1.1.0' }, { tag: '1.0.0' })).toThrow(
    'stages/s.json has the tag',
  );
  expect(() => resolveTag({ stage: 's', tag: undefined }, {})).toThrow('pins a digest');
});

it('uses the version of the gate with a prefix, because the repository has the images of workbenches too', () => {
  const gateOf = (image: object) => someStage({ gateway: { ...SOME_GATEWAY, image } }).gateway;
  const digest = `sha256:${'0'.repeat(64)}`;
  expect(resolveGateTag('s', gateOf({ tag: '1.0.0' }), undefined)).toBe('gate-1.0.0');
  expect(resolveGateTag('s', gateOf({ digest }), '1.1.0')).toBe('gate-1.1.0');
  expect(() => resolveGateTag('s', gateOf({ tag: '1.0.0' }), '1.1.0')).toThrow('has the tag 1.0.0');
  expect(() => resolveGateTag('s', gateOf({ digest }), undefined)).toThrow('pins a digest of the gate');
  expect(() => resolveGateTag('s', 'none', undefined)).toThrow('has no `gateway`');
});

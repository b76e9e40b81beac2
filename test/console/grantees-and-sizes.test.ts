import { describe, expect, test } from 'vitest';
import { describeGrantee, toGrantee } from '#console/src/grantees.ts';
import { listSizes } from '#console/src/sizes.ts';

describe('grantees', () => {
  test('are written as the API does and read as people do', () => {
    const written = [
      toGrantee('user', 'ada:b'),
      toGrantee('group', 'physics'),
      toGrantee('organisation', 'x'),
    ];
    expect(written).toEqual(['user:ada:b', 'group:physics', 'organisation']);
    expect(written.map(describeGrantee)).toEqual(['ada:b', 'group physics', 'everybody']);
  });
});

describe('offered sizes', () => {
  test('are multiples of the default within the limits', () => {
    const sizes = listSizes({
      cpu: { min: 128, max: 2048, default: 1024 },
      memory: { min: 256, max: 8192, default: 2048 },
      gpu: { min: 0, max: 1, default: 0 },
    });
    expect(Object.fromEntries(sizes)).toEqual({
      small: { cpu: 1024, memory: 2048, gpu: 0 },
      medium: { cpu: 2048, memory: 4096, gpu: 0 },
    });
  });
});

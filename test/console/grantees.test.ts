import { describe, expect, test } from 'vitest';
import { describeGrantee, toGrantee } from '#console/src/grantees.ts';

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

import { describe, expect, it } from 'vitest';
import { UsageError } from './arguments.ts';
import { replay } from './batch.ts';

describe('replay', () => {
  it('returns undefined if the schedule no longer violates a rule', async () => {
    expect(await replay(7, '0:0:1')).toBeUndefined();
  });

  it('throws a UsageError if the seed has no schedule at the path', async () => {
    await expect(replay(1, '0:99999')).rejects.toThrow(UsageError);
  });
});

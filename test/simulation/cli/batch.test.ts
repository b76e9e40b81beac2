import { describe, expect, it } from 'vitest';
import { UsageError } from './arguments.ts';
import { replay } from './batch.ts';

describe('the replay of a schedule', () => {
  it('that breaks no rule any more is over once it has run, though it was found by shrinking', async () => {
    expect(await replay(7, '0:0:1')).toBeUndefined();
  });

  it('says so when there is none at that path', async () => {
    await expect(replay(1, '0:99999')).rejects.toThrow(UsageError);
  });
});

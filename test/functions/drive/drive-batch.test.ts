import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUserId } from '#contract/parameters.ts';
import { parseWorkMessage, toWorkMessage } from '#functions/drive/drive-batch.ts';

const workbenchId = '01k5w3p8xg7t2mzq4v9r6ehbnc';

describe('a message of the work queue', () => {
  it('is parsed to its key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }).filter(isUserId), (userId) => {
        expect(parseWorkMessage(toWorkMessage({ userId, workbenchId }))).toEqual({ userId, workbenchId });
      }),
    );
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"userId":"ada"}',
    `{"userId":7,"workbenchId":"${workbenchId}"}`,
    `{"userId":"","workbenchId":"${workbenchId}"}`,
    '{"userId":"ada","workbenchId":"../x"}',
    `{"userId":"ada","workbenchId":"${workbenchId}","x":"${'x'.repeat(2000)}"}`,
  ])('is rejected if it is %j', (body) => {
    expect(parseWorkMessage(body)).toBeUndefined();
  });

  it('never causes an error', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (body) => void parseWorkMessage(body)));
  });
});

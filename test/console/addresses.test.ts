import { describe, expect, test } from 'vitest';
import { parseAddress, type Screen, toAddress } from '#console/src/addresses.ts';

const ID = '01k5w3p8xg7t2mzq4v9r6ehbnc';

describe('addresses of screens', () => {
  test.each<Screen>([
    { name: 'home' },
    { name: 'create' },
    { name: 'usage' },
    { name: 'admin' },
    { name: 'workbench', workbenchId: ID },
    { name: 'workbench', workbenchId: ID, ownerId: 'ada & co/+' },
  ])('lead to the screen they are made from: %j', (screen) => {
    expect(parseAddress(toAddress(screen))).toEqual(screen);
  });

  test('without a fragment lead home, and unknown ones to a page that says so', () => {
    expect(['', '#', '#/'].map(parseAddress)).toEqual([{ name: 'home' }, { name: 'home' }, { name: 'home' }]);
    for (const fragment of ['#/nothing', '#/workbenches/', '#/workbenches/../x', `#/workbenches/${ID}/x`])
      expect(parseAddress(fragment), fragment).toEqual({ name: 'unknown' });
  });
});

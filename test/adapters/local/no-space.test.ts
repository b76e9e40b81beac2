import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isNoSpace, probeSpace } from '#adapters/local/no-space.ts';
import { temporaryFolder } from './sqlite/open-stores.ts';

describe('want of space', () => {
  it.each([
    ['ENOSPC', true],
    ['EDQUOT', true],
    ['EROFS', true],
    ['EACCES', false],
    ['EMFILE', false],
  ])('is recognized by the code %s: %s', (code, expected) => {
    expect(isNoSpace(Object.assign(new Error(code), { code }))).toBe(expected);
  });

  it('is not found in a folder that has space, or that cannot be written for another reason', async () => {
    const folder = await temporaryFolder();
    expect(probeSpace(folder)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    expect(probeSpace(`${folder}/missing`)).toBeUndefined();
  });
});

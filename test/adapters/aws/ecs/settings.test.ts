import { describe, expect, it } from 'vitest';
import { familyOf, workbenchIdOfFamily } from '#adapters/aws/ecs/settings.ts';

const OURS = { familyPrefix: 'prod' };
const ID = '01jf0000000000000000000001';

describe('a family of task definitions', () => {
  it('leads back to its workbench', () => {
    expect(workbenchIdOfFamily(OURS, familyOf(OURS, ID))).toBe(ID);
  });

  it.each(['prod2', 'prod-2', 'prod-testserver', 'staging'])('of %s is none of ours', (familyPrefix) => {
    expect(workbenchIdOfFamily(OURS, familyOf({ familyPrefix }, ID))).toBeUndefined();
  });
});

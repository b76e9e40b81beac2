import { describe, expect, it } from 'vitest';
import { familyOf, workbenchIdOfFamily } from '#adapters/aws/ecs/settings.ts';

const SETTINGS = { familyPrefix: 'prod' };
const ID = '01jf0000000000000000000001';

describe('the family of a task definition', () => {
  it('contains the workbench id', () => {
    expect(workbenchIdOfFamily(SETTINGS, familyOf(SETTINGS, ID))).toBe(ID);
  });

  it.each(['prod2', 'prod-2', 'prod-testserver', 'staging'])(
    'belongs to another installation: %s',
    (familyPrefix) => {
      expect(workbenchIdOfFamily(SETTINGS, familyOf({ familyPrefix }, ID))).toBeUndefined();
    },
  );
});

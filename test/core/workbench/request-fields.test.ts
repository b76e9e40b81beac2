import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Changes,
  type CreateRequest,
  type FieldTargets,
  specChangesOf,
  specOf,
} from '#core/workbench/request-fields.ts';

const size = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 1 };

describe('specOf', () => {
  it('returns the spec of a create request, without its name', () => {
    expect(specOf({ name: 'Analysis', ...size })).toStrictEqual(size);
    const dedicated = { ...size, dedicatedInstanceType: 'm7i.large' };
    expect(specOf({ name: 'Analysis', ...dedicated })).toStrictEqual(dedicated);
  });

  it('omits a field that is not listed', () => {
    expect(specOf({ ...size, colour: 'a' } as CreateRequest)).toStrictEqual(size);
  });
});

describe('specChangesOf', () => {
  it('returns the changed fields of the spec, without the name', () => {
    expect(specChangesOf({ name: 'Analysis', memoryMib: 4096 })).toStrictEqual({ memoryMib: 4096 });
    expect(specChangesOf({ name: 'Analysis' })).toStrictEqual({});
  });

  it('omits a field that is not listed', () => {
    expect(specChangesOf({ cpuUnits: 1, colour: 'a' } as Changes)).toStrictEqual({ cpuUnits: 1 });
  });
});

describe('FieldTargets', () => {
  it('requires an entry for a new field of a request, and forbids to put it into the spec', () => {
    type WithColour = Changes & { readonly colour?: string };
    expectTypeOf<FieldTargets<WithColour>['colour']>().toEqualTypeOf<'record'>();
    expectTypeOf<FieldTargets<WithColour>['memoryMib']>().toEqualTypeOf<'spec'>();
    expectTypeOf<keyof FieldTargets<WithColour>>().toEqualTypeOf<keyof WithColour>();
  });
});

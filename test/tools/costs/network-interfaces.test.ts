import { expect, it } from 'vitest';
import { KNOWN_INSTANCE_TYPES } from '#lib/instance-types.ts';
import { maxWorkbenchesOn, NETWORK_INTERFACES } from '#tools/costs/network-interfaces.ts';

it('is known of every type that settings may name alone', () => {
  expect(Object.keys(NETWORK_INTERFACES).sort()).toEqual(Object.keys(KNOWN_INSTANCE_TYPES).sort());
});

it('is one less than a machine has, or what trunking makes of it', () => {
  expect(maxWorkbenchesOn(['m6i.xlarge'], false)).toBe(3);
  expect(maxWorkbenchesOn(['m6i.xlarge'], true)).toBe(18);
  expect(maxWorkbenchesOn(['t3.medium'], true)).toBe(2);
});

it('is that of the smallest of several types, and not known when one is not', () => {
  expect(maxWorkbenchesOn(['m6i.xlarge', 'm6i.large'], true)).toBe(9);
  expect(maxWorkbenchesOn(['m6i.xlarge', 'x9.large'], true)).toBeUndefined();
});

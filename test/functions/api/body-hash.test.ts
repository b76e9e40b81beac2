import { describe, expect, it } from 'vitest';
import { bodyHash } from '#functions/api/body-hash.ts';

describe('bodyHash', () => {
  it('does not depend on the order of fields, nor on undefined fields', () => {
    expect(bodyHash({ a: 1, b: 'x' })).toBe(bodyHash({ b: 'x', c: undefined, a: 1 }));
  });

  it('does not depend on the order of labels, but on their keys and values', () => {
    expect(bodyHash({ labels: { a: '1', b: '2' } })).toBe(bodyHash({ labels: { b: '2', a: '1' } }));
    const bodies = [{}, { labels: {} }, { labels: { a: '1' } }, { labels: { a: '2' } }, { labels: 'a' }];
    expect(new Set(bodies.map(bodyHash)).size).toBe(bodies.length);
  });

  it('is for a flat body as earlier versions have stored it', () => {
    const sha256 = '9b7ad852580d9fd65f7be0b5d1af25e58e219ca74a056ea8c5ab900c0f786675';
    expect(bodyHash({ workbench_name: 'One', requested_cpu: 1024 })).toBe(sha256);
  });

  it('depends on names, values and types of values', () => {
    const bodies = [{}, { a: 1 }, { a: '1' }, { a: 2 }, { b: 1 }, { a: 1, b: 1 }];
    expect(new Set(bodies.map(bodyHash)).size).toBe(bodies.length);
  });
});

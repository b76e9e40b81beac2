import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { METRICS, type MetricDefinition } from '#contract/metrics.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** `count('name', value, { dimension })` as it stands in the sources; of a name that is made up, its beginning. */
const COUNT = /\.count\(\s*(?:'(?<name>\w+)'|`(?<start>\w+)\$\{)[^{};]*?(?:\{(?<by>[^}]*)\})?\s*\)/g;

function counted(): { readonly name: string; readonly by: readonly string[] }[] {
  return globSync('{core,functions,adapters/aws}/**/*.ts', { cwd: ROOT }).flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\$\{(\w+)\}/g, '$${$1');
    return [...text.matchAll(COUNT)].flatMap(({ groups }) => {
      const by = (groups?.by ?? '').split(',').flatMap((part) => part.split(':')[0]?.trim() || []);
      const names = Object.keys(METRICS).filter(
        (name) => groups?.start !== undefined && name.startsWith(groups.start),
      );
      return groups?.name === undefined
        ? names.filter((name) => dimensionsOf(name).join() === by.join()).map((name) => ({ name, by }))
        : [{ name: groups.name, by }];
    });
  });
}

function dimensionsOf(name: string): readonly string[] {
  const { by } = (METRICS as Readonly<Record<string, MetricDefinition>>)[name] ?? { what: '' };
  return by === undefined ? [] : typeof by === 'string' ? [by] : by;
}

it('lists every metric that is counted, and none that is not', () => {
  expect([...new Set(counted().map(({ name }) => name))].sort()).toEqual(Object.keys(METRICS).sort());
});

it('knows the dimensions of each', () => {
  for (const { name, by } of counted()) expect(by, name).toEqual(dimensionsOf(name));
});

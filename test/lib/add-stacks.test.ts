import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, expect, it } from 'vitest';
import { addStacks } from '#lib/add-stacks.ts';
import { createEmptyBundles } from '#tools/synthesize-stage.ts';
import { someStage } from './some-stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'stacks-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('protects all stacks of a production stage from deletion, and the data stack of every stage', () => {
  const protectedStacks = (changes: object) =>
    Object.entries(addStacks(new App(), someStage(changes), createEmptyBundles(folder)))
      .filter(([, { terminationProtection }]) => terminationProtection)
      .map(([name]) => name);
  expect(protectedStacks({})).toEqual(['data']);
  const production = { production: true, image: { tag: '1.0.0' }, alarms: { email: 'ops@example.com' } };
  expect(protectedStacks(production)).toEqual(['network', 'data', 'cluster', 'api']);
});

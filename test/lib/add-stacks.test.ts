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

it('cannot be deleted where people work; that with their files cannot be anywhere', () => {
  const isProtected = (changes: object) =>
    Object.entries(addStacks(new App(), someStage(changes), createEmptyBundles(folder)))
      .filter(([, { terminationProtection }]) => terminationProtection)
      .map(([name]) => name);
  expect(isProtected({})).toEqual(['data']);
  const production = { production: true, image: { tag: '1.0.0' }, alarms: { email: 'ops@example.com' } };
  expect(isProtected(production)).toEqual(['network', 'data', 'cluster', 'api']);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { addStacks } from '#lib/add-stacks.ts';
import { createEmptyBundles, readCdkContext } from '#tools/synthesize-stage.ts';
import { someStage } from './some-stage.ts';
import { valueAt } from './synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'stacks-'));
afterAll(() => rmSync(folder, { recursive: true }));

// CDK's own validation takes longer than the synthesis and is not under test.
beforeEach(() => vi.stubEnv('CDK_VALIDATION', 'false'));
afterEach(() => vi.unstubAllEnvs());

const protectedStacks = (changes: object, context: Record<string, string> = {}) =>
  Object.entries(addStacks(new App({ context }), someStage(changes), createEmptyBundles(folder)))
    .filter(([, { terminationProtection }]) => terminationProtection)
    .map(([name]) => name);
const production = { production: true, image: { tag: '1.0.0' }, alarms: { email: 'ops@example.com' } };

it('protects all stacks of a production stage from deletion, and the data stack of every stage', () => {
  expect(protectedStacks({})).toEqual(['data']);
  expect(protectedStacks(production)).toEqual(['network', 'data', 'cluster', 'api']);
});

it('protects neither the stacks nor the table that the context names, so that a failed creation can be deleted', () => {
  expect(protectedStacks(production, { unprotected: 'data,api' })).toEqual(['network', 'cluster']);
  const isTableProtected = (context: Record<string, string>) => {
    const { data } = addStacks(new App({ context }), someStage(), createEmptyBundles(folder));
    const [[, table] = []] = Object.entries(
      Template.fromStack(data).findResources('AWS::DynamoDB::GlobalTable'),
    );
    return valueAt(table, 'Properties', 'Replicas', 0, 'DeletionProtectionEnabled');
  };
  expect(isTableProtected({ unprotected: 'network' })).toBe(true);
  expect(isTableProtected({ unprotected: 'network,data' })).toBe(false);
});

it('refers between stacks weakly, except from the data stack, unless the context makes all references strong', () => {
  const referencesWith = (context: Record<string, string>) => {
    const app = new App({ context: { ...readCdkContext(), ...context } });
    const stacks = addStacks(app, someStage(), createEmptyBundles(folder));
    return Object.entries(stacks).map(([name, stack]) => {
      const text = JSON.stringify(Template.fromStack(stack).toJSON());
      return [name, text.includes('"Fn::GetStackOutput"'), text.includes('"Fn::ImportValue"')];
    });
  };
  expect(referencesWith({})).toEqual([
    ['network', false, false],
    ['data', false, true],
    ['cluster', true, false],
    ['api', true, false],
  ]);
  expect(referencesWith({ '@aws-cdk/core:defaultCrossStackReferences': 'strong' })).toEqual([
    ['network', false, false],
    ['data', false, true],
    ['cluster', false, true],
    ['api', false, true],
  ]);
});

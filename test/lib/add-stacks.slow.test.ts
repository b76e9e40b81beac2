import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { addStacks } from '#lib/add-stacks.ts';
import { DataStack } from '#lib/data-stack.ts';
import { NetworkStack } from '#lib/network-stack.ts';
import { createEmptyBundles, readCdkContext } from '#tools/synthesize-stage.ts';
import { SOME_GATEWAY, someStage } from './some-stage.ts';
import { synthesize, valueAt } from './synthesize.ts';

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
  expect(protectedStacks(production)).toEqual(['network', 'data', 'cluster', 'api', 'monitoring']);
  const gated = { ...production, gateway: SOME_GATEWAY };
  expect(protectedStacks(gated)).toEqual(['network', 'data', 'cluster', 'api', 'monitoring', 'gateway']);
  expect(protectedStacks(gated, { unprotected: 'gateway' })).not.toContain('gateway');
});

it('protects neither the stacks nor the table that the context names, so that a failed creation can be deleted', () => {
  expect(protectedStacks(production, { unprotected: 'data,api' })).toEqual([
    'network',
    'cluster',
    'monitoring',
  ]);
  const isTableProtected = (context: Record<string, string>) => {
    const app = new App({ context });
    const data = new DataStack(app, someStage(), new NetworkStack(app, someStage()).network);
    const [[, table] = []] = Object.entries(
      Template.fromStack(data).findResources('AWS::DynamoDB::GlobalTable'),
    );
    return valueAt(table, 'Properties', 'Replicas', 0, 'DeletionProtectionEnabled');
  };
  expect(isTableProtected({ unprotected: 'network' })).toBe(true);
  expect(isTableProtected({ unprotected: 'network,data' })).toBe(false);
});

it('deploys the stack of the alarms after that of the API, from which the alarms were moved', () => {
  const { monitoring, api } = addStacks(new App(), someStage(), createEmptyBundles(folder));
  expect(monitoring.dependencies).toContain(api);
});

it('refers between stacks weakly, except from the data stack, unless the context makes all references strong', async () => {
  /** By stack. */
  const referencesIn = (templates: Iterable<readonly [name: string, template: object]>) =>
    Object.fromEntries(
      [...templates].map(([name, template]) => {
        const text = JSON.stringify(template);
        return [name, [text.includes('"Fn::GetStackOutput"'), text.includes('"Fn::ImportValue"')]];
      }),
    );
  const { templates } = await synthesize(someStage());
  expect(referencesIn(templates)).toEqual({
    'workbench-some-network': [false, false],
    'workbench-some-data': [false, true],
    'workbench-some-cluster': [true, false],
    'workbench-some-api': [true, false],
    'workbench-some-monitoring': [true, false],
  });
  const context = { ...readCdkContext(), '@aws-cdk/core:defaultCrossStackReferences': 'strong' };
  const stacks = addStacks(new App({ context }), someStage(), createEmptyBundles(folder));
  const strong = Object.entries(stacks).map(
    ([name, stack]) => [name, Template.fromStack(stack).toJSON()] as const,
  );
  expect(referencesIn(strong)).toEqual({
    network: [false, false],
    data: [false, true],
    cluster: [false, true],
    api: [false, true],
    monitoring: [false, true],
  });
});

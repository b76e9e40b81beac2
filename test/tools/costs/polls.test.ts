import { expect, it } from 'vitest';
import type { Template } from '#lib/checks/template.ts';
import { parseStage } from '#lib/settings/stage.ts';
import { DEFAULTS } from '#tools/costs/assumptions.ts';
import { pollBill } from '#tools/costs/polls.ts';
import { stageFile } from '../deploy/stage-file.ts';

const lambda = (name: string, MemorySize: number) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { FunctionName: `workbench-staging-${name}`, MemorySize },
});

function billOf(settings: Readonly<Record<string, unknown>>, functions: readonly string[]) {
  const Resources = Object.fromEntries(functions.map((name) => [name, lambda(name, 512)]));
  const templates: readonly Template[] = [{ Resources }];
  const assumed = { ...DEFAULTS, 'poll-ms': 10, 'cold-share': 0.01, 'cold-ms': 500, 'authorizer-ms': 10 };
  const lines = pollBill(templates, parseStage('staging', stageFile(settings)), assumed);
  return Object.fromEntries(lines.map(({ label, usd, quantity }) => [label, { usd, quantity }]));
}

it('includes requests, duration and reads of a million polls, with cold starts', () => {
  const bill = billOf({}, ['get-workbench', 'authorizer']);
  expect(bill['HTTP API']?.usd).toBeCloseTo(1);
  expect(bill['Function: duration']?.quantity).toBeCloseTo(1e6 * 0.015 * 0.5);
  expect(bill['Reads of the record']?.usd).toBeCloseTo(0.125);
});

it('includes one authorizer request for all polls within the cache time', () => {
  expect(billOf({}, ['get-workbench', 'authorizer'])['Authorizer: requests']?.quantity).toBe(50_000);
  const uncached = billOf({ api: { authCacheSeconds: 0 } }, ['get-workbench', 'authorizer']);
  expect(uncached['Authorizer: requests']?.quantity).toBe(1e6);
  expect(billOf({ auth: 'none' }, ['get-workbench'])['Authorizer: duration']?.usd).toBe(0);
});

it('fails without the polled function', () => {
  expect(() => billOf({}, ['authorizer'])).toThrow('no function workbench-staging-get-workbench');
});

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOYED, type DeployedFunction, type FunctionName } from '#contract/deployed-functions.ts';
import { ROUTES } from '#contract/routes.ts';
import { DEPLOYMENT_SETTINGS } from '#contract/settings/deployment-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';

const FUNCTIONS = resolve(import.meta.dirname, '../../functions');
const deployed: readonly (readonly [string, DeployedFunction])[] = Object.entries(DEPLOYED);

/** What the functions that are started in this way have to say. */
function startedBy<B extends DeployedFunction['startedBy']['by']>(by: B) {
  return deployed.flatMap(([name, { startedBy: start }]) =>
    start.by === by ? [{ name, ...(start as Extract<typeof start, { by: B }>) }] : [],
  );
}

describe('the table of deployed functions', () => {
  it('has every route once, with its own function', () => {
    const routed = startedBy('route').map(({ name, operationId }) => ({
      operationId,
      function: DEPLOYED[name as FunctionName].entry,
    }));
    const routes = ROUTES.map(({ operationId, function: file }) => ({ operationId, function: file }));
    expect(routed).toHaveLength(routes.length);
    expect(routed).toEqual(expect.arrayContaining(routes));
  });

  it('has one function behind each queue', () => {
    expect(startedBy('queue').map(({ queue }) => queue)).toEqual(['work', 'host']);
  });

  it('has one function for each kind of event', () => {
    const kinds = startedBy('event').flatMap(({ events }) => events.map(({ detailType }) => detailType));
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  it('keeps the functions that carry EC2 in a folder of their own', () => {
    const withEc2 = deployed
      .filter(([, { clients }]) => clients.includes('ec2'))
      .map(([, { entry }]) => entry);
    const inFolder = deployed.map(([, { entry }]) => entry).filter((entry) => entry.startsWith('with-ec2/'));
    expect(inFolder).toEqual(withEc2);
  });

  it('gives functions of the API nothing but the table and the queue', () => {
    for (const { name } of startedBy('route')) {
      const { clients } = DEPLOYED[name as FunctionName];
      expect(['dynamodb', 'sqs'], name).toEqual(expect.arrayContaining([...clients]));
    }
  });

  it.each(deployed)('%s is within what Lambda allows', (_, { timeoutSeconds, memoryMib }) => {
    expect(timeoutSeconds).toBeGreaterThan(0);
    expect(timeoutSeconds).toBeLessThanOrEqual(900);
    expect(memoryMib).toBeGreaterThanOrEqual(128);
  });

  it.each(deployed)('%s names its settings once, and none of the keys themselves', (_, { reads }) => {
    expect(new Set(reads).size).toBe(reads.length);
    const all = { ...SETTINGS, ...DEPLOYMENT_SETTINGS };
    expect(reads.filter((name) => all[name].secret)).toEqual([]);
  });

  it.each(deployed)('%s exports what is deployed, and what it is made by', async (_, { entry }) => {
    expect(existsSync(join(FUNCTIONS, entry))).toBe(true);
    const module = (await import(join(FUNCTIONS, entry))) as Record<string, unknown>;
    expect(module.build).toBeTypeOf('function');
    expect(module.handler).toBeTypeOf('function');
  });
});

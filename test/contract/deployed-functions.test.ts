import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DEPLOYED,
  type DeployedFunction,
  type EventPattern,
  type FunctionName,
} from '#contract/deployed-functions.ts';
import { ROUTES, type Route } from '#contract/routes.ts';
import { DEPLOYMENT_SETTINGS } from '#contract/settings/deployment-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';

const FUNCTIONS = resolve(import.meta.dirname, '../../functions');
const deployed: readonly (readonly [string, DeployedFunction])[] = Object.entries(DEPLOYED);

/** The functions that are started in this way, with the details of it. */
function startedBy<B extends DeployedFunction['startedBy']['by']>(by: B) {
  return deployed.flatMap(([name, { startedBy: start }]) =>
    start.by === by ? [{ name, ...(start as Extract<typeof start, { by: B }>) }] : [],
  );
}

describe('DEPLOYED', () => {
  it('has one function for each route, in a file of its own', () => {
    const routed = startedBy('route');
    expect(routed.map(({ operationId }) => operationId).sort()).toEqual(
      ROUTES.map(({ operationId }) => operationId).sort(),
    );
    const entries = routed.map(({ name }) => DEPLOYED[name as FunctionName].entry);
    expect(new Set(entries).size).toBe(ROUTES.length);
    for (const entry of entries) expect(entry).toMatch(/^handlers\//);
  });

  it('has one function for each queue', () => {
    expect(startedBy('queue').map(({ queue }) => queue)).toEqual(['work', 'host', 'delete']);
  });

  it('has one function for each type of event, and further ones only for events with a certain detail', () => {
    const events = startedBy('event').flatMap((trigger): readonly EventPattern[] => trigger.events);
    const whole = events.filter(({ detail }) => detail === undefined).map(({ detailType }) => detailType);
    expect(new Set(whole).size).toBe(whole.length);
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(events.length);
  });

  it('gives the functions of the API no clients except DynamoDB and SQS, ECS to those for operators, CloudWatch Logs to that for logs, and Lambda to that for sweeps', () => {
    const routes: readonly Route[] = ROUTES;
    for (const { name, operationId } of startedBy('route')) {
      const { clients } = DEPLOYED[name as FunctionName];
      const isForOperators = routes.find((route) => route.operationId === operationId)?.access === 'admin';
      const isForLogs = operationId === 'listLogs';
      const allowed = [
        ...['dynamodb', 'sqs'],
        ...(isForOperators ? ['ecs'] : []),
        ...(isForLogs ? ['cloudwatch-logs'] : []),
        ...(operationId === 'startSweep' ? ['lambda'] : []),
      ];
      expect(allowed, name).toEqual(expect.arrayContaining([...clients]));
    }
  });

  it.each(deployed)('%s is within the limits of Lambda', (_, { timeoutSeconds, memoryMib }) => {
    expect(timeoutSeconds).toBeGreaterThan(0);
    expect(timeoutSeconds).toBeLessThanOrEqual(900);
    expect(memoryMib).toBeGreaterThanOrEqual(128);
  });

  it.each(deployed)('%s lists each setting once, and no secret', (_, { reads }) => {
    expect(new Set(reads).size).toBe(reads.length);
    const all = { ...SETTINGS, ...DEPLOYMENT_SETTINGS };
    expect(reads.filter((name) => all[name].secret)).toEqual([]);
  });

  it.each(deployed)('%s exports `handler` and `build`', async (_, { entry }) => {
    expect(existsSync(join(FUNCTIONS, entry))).toBe(true);
    const module = (await import(join(FUNCTIONS, entry))) as Record<string, unknown>;
    expect(module.build).toBeTypeOf('function');
    expect(module.handler).toBeTypeOf('function');
  });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeregisterTaskDefinitionCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
} from '@aws-sdk/client-ecs';
import { DescribeAccessPointsCommand } from '@aws-sdk/client-efs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Emulator, startEmulator } from '#tools/aws-emulators/emulator.ts';
import { uniqueName } from './connection.ts';
import {
  DEVIATIONS,
  type DeviationName,
  PATCHED_DEVIATIONS,
  type PatchedDeviationName,
} from './emulator-deviations.ts';
import { type RawSdkCalls, rawSdkCalls } from './raw-sdk-calls.ts';

type Pin = (calls: RawSdkCalls) => Promise<void>;

/** What both do: of two tasks with one token, ECS runs the first alone. */
const expectTwoTasksForOneToken = async (calls: RawSdkCalls, cluster: string) => {
  const taskDefinition = await calls.definition();
  const clientToken = uniqueName('token-');
  const first = await calls.task(cluster, { taskDefinition, clientToken });
  const second = await calls.task(cluster, { taskDefinition, clientToken });
  expect(first.taskArn).toBeDefined();
  expect(second.taskArn).toBeDefined();
  expect(second.taskArn).not.toBe(first.taskArn);
};

/** As an emulator answers when it has broken down. */
const INTERNAL_ERROR = { $response: { statusCode: 500 } };

const PINNED_BEHAVIOUR: Readonly<Record<DeviationName | PatchedDeviationName, Pin>> = {
  motoTaskToken: async (calls) => expectTwoTasksForOneToken(calls, await calls.clusterWithInstance()),

  motoRunsAtOnce: async (calls) => {
    expect(await calls.task(await calls.clusterWithInstance())).toMatchObject({ lastStatus: 'RUNNING' });
  },

  motoStopCode: async (calls) => {
    const cluster = await calls.clusterWithInstance();
    const stopped = await calls.stop(cluster, await calls.task(cluster), 'asked for');
    expect(stopped).toMatchObject({ lastStatus: 'STOPPED', stoppedReason: 'asked for' });
    expect(stopped?.stopCode).toBeUndefined();
  },

  motoSecondStop: async (calls) => {
    const cluster = await calls.clusterWithInstance();
    const task = await calls.task(cluster);
    await calls.stop(cluster, task, 'first');
    await calls.stop(cluster, task, 'second');
    expect(await calls.describeTask(cluster, task)).toMatchObject({ stoppedReason: 'second' });
  },

  motoConstraints: async (calls) => {
    const expression = 'attribute:workbench == nobody';
    const placementConstraints = [{ type: 'memberOf' as const, expression }];
    const { tasks } = await calls.run(await calls.clusterWithInstance(), { placementConstraints });
    expect(tasks).toHaveLength(1);
  },

  motoNoCapacity: async (calls) => {
    const containerDefinitions = [{ name: 'only', image: 'image', memory: 100_000 }];
    const taskDefinition = await calls.definition({ containerDefinitions });
    const answer = await calls.run(await calls.clusterWithInstance(), { taskDefinition });
    expect(answer).toMatchObject({ tasks: [], failures: [] });
  },

  motoNoInstances: async (calls) => {
    await expect(calls.run(await calls.cluster())).rejects.toMatchObject(INTERNAL_ERROR);
  },

  motoLaunchToken: async (calls) => {
    const token = uniqueName('token-');
    expect(await calls.instance(token)).not.toBe(await calls.instance(token));
  },

  motoAccessPointPages: async (calls) => {
    const FileSystemId = await calls.fileSystem();
    for (const token of ['a', 'b', 'c']) await calls.accessPoint(FileSystemId, token);
    const page = await calls.efs.send(new DescribeAccessPointsCommand({ FileSystemId, MaxResults: 1 }));
    expect(page.AccessPoints).toHaveLength(3);
  },

  motoDefinitionOrder: async (calls) => {
    const family = uniqueName('family-');
    const registered = [await calls.definition({ family }), await calls.definition({ family })];
    const { taskDefinitionArns } = await calls.ecs.send(
      new ListTaskDefinitionsCommand({ familyPrefix: family, sort: 'DESC' }),
    );
    expect(taskDefinitionArns).toEqual(registered);
  },

  motoFamilies: async (calls) => {
    const family = uniqueName('family-');
    const taskDefinition = await calls.definition({ family });
    await calls.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
    const { families } = await calls.ecs.send(
      new ListTaskDefinitionFamiliesCommand({ familyPrefix: family, status: 'ACTIVE' }),
    );
    expect(families).toEqual([family]);
  },

  motoTaskFields: async (calls) => {
    const task = await calls.task(await calls.clusterWithInstance());
    expect(task).toMatchObject({ lastStatus: 'RUNNING' });
    for (const fact of ['version', 'createdAt', 'connectivity']) expect(task).not.toHaveProperty(fact);
  },

  motoTaskMemory: async (calls) => {
    const containerDefinitions = [{ name: 'only', image: 'image' }];
    const taskDefinition = await calls.definition({ containerDefinitions, memory: '128' });
    const run = calls.run(await calls.clusterWithInstance(), { taskDefinition });
    await expect(run).rejects.toMatchObject(INTERNAL_ERROR);
  },

  motoDescribeStopsTask: async (calls) => {
    const cluster = await calls.clusterWithInstance();
    const task = await calls.task(cluster);
    const seen: (string | undefined)[] = [];
    for (let looks = 0; looks < 5; looks += 1) {
      seen.push((await calls.describeTask(cluster, task))?.lastStatus);
    }
    expect(seen.at(-1)).toBe('STOPPED');
  },

  motoAccessPointToken: async (calls) => {
    const fileSystem = await calls.fileSystem();
    const first = await calls.accessPoint(fileSystem, 'token');
    expect(await calls.accessPoint(fileSystem, 'token')).not.toBe(first);
  },

  ministackTaskToken: async (calls) => expectTwoTasksForOneToken(calls, await calls.cluster()),

  ministackRunsAtOnce: async (calls) => {
    const taskDefinition = await calls.definition({ networkMode: 'awsvpc' });
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
    const task = await calls.task(await calls.cluster(), { taskDefinition, networkConfiguration });
    expect(task).toMatchObject({ lastStatus: 'RUNNING', attachments: [] });
  },
};

/**
 * The emulators as they are today, unmended. A test that fails here is good news: the fault, and every exception
 * and mend that rests on it, can go.
 */
describe('it is known that', () => {
  let moto: Emulator;
  const calls = new Map<string, RawSdkCalls>();
  beforeAll(async () => {
    moto = await startEmulator('moto');
    calls.set('moto', rawSdkCalls(moto.endpoint));
    calls.set('ministack', rawSdkCalls(inject('emulators').ministack));
  });
  afterAll(async () => {
    for (const one of calls.values()) one.end();
    await moto.stop();
  });
  const callsOf = (emulator: string) => {
    const found = calls.get(emulator);
    if (found === undefined) throw new Error(`${emulator} is not there`);
    return found;
  };

  for (const [name, { emulator: of, behaviour: does }] of Object.entries(DEVIATIONS)) {
    it(`${of} ${does}`, () => PINNED_BEHAVIOUR[name as DeviationName](callsOf(of)));
  }
  for (const [name, does] of Object.entries(PATCHED_DEVIATIONS)) {
    it(`moto ${does}`, () => PINNED_BEHAVIOUR[name as PatchedDeviationName](callsOf('moto')));
  }
});

it('is proven elsewhere, whatever a fault lets no test prove here', () => {
  const root = join(import.meta.dirname, '../..');
  const missing = Object.values(DEVIATIONS).filter(({ coveredBy }) => !existsSync(join(root, coveredBy)));
  expect(missing).toEqual([]);
});

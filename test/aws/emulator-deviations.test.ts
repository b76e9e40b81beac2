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

/** A test that passes as long as the emulator deviates from AWS. */
type PinningTest = (calls: RawSdkCalls) => Promise<void>;

/** Concurrent conditional writes, of which about ten succeed. */
const WRITES_AT_ONCE = 50;
/** How often they are tried until two succeed. */
const WRITE_ROUNDS_MAX = 50;

/** Both emulators run two tasks for one client token. ECS runs one. */
const expectTwoTasksForOneToken = async (calls: RawSdkCalls, cluster: string) => {
  const taskDefinition = await calls.registerDefinition();
  const clientToken = uniqueName('token-');
  const first = await calls.runOneTask(cluster, { taskDefinition, clientToken });
  const second = await calls.runOneTask(cluster, { taskDefinition, clientToken });
  expect(first.taskArn).toBeDefined();
  expect(second.taskArn).toBeDefined();
  expect(second.taskArn).not.toBe(first.taskArn);
};

/** The error of the SDK if an emulator has an internal error. */
const INTERNAL_ERROR = { $response: { statusCode: 500 } };

const PINNED_BEHAVIOUR: Readonly<Record<DeviationName | PatchedDeviationName, PinningTest>> = {
  motoTaskToken: async (calls) => expectTwoTasksForOneToken(calls, await calls.createClusterWithInstance()),

  motoRunsAtOnce: async (calls) => {
    expect(await calls.runOneTask(await calls.createClusterWithInstance())).toMatchObject({
      lastStatus: 'RUNNING',
    });
  },

  motoStopCode: async (calls) => {
    const cluster = await calls.createClusterWithInstance();
    const stopped = await calls.stopTask(cluster, await calls.runOneTask(cluster), 'requested');
    expect(stopped).toMatchObject({ lastStatus: 'STOPPED', stoppedReason: 'requested' });
    expect(stopped?.stopCode).toBeUndefined();
  },

  motoSecondStop: async (calls) => {
    const cluster = await calls.createClusterWithInstance();
    const task = await calls.runOneTask(cluster);
    await calls.stopTask(cluster, task, 'first');
    await calls.stopTask(cluster, task, 'second');
    expect(await calls.describeTask(cluster, task)).toMatchObject({ stoppedReason: 'second' });
  },

  motoConstraints: async (calls) => {
    const expression = 'attribute:workbench == none';
    const placementConstraints = [{ type: 'memberOf' as const, expression }];
    const { tasks } = await calls.runTask(await calls.createClusterWithInstance(), { placementConstraints });
    expect(tasks).toHaveLength(1);
  },

  motoNoCapacity: async (calls) => {
    const containerDefinitions = [{ name: 'only', image: 'image', memory: 100_000 }];
    const taskDefinition = await calls.registerDefinition({ containerDefinitions });
    const response = await calls.runTask(await calls.createClusterWithInstance(), { taskDefinition });
    expect(response).toMatchObject({ tasks: [], failures: [] });
  },

  motoNoInstances: async (calls) => {
    await expect(calls.runTask(await calls.createCluster())).rejects.toMatchObject(INTERNAL_ERROR);
  },

  motoLaunchToken: async (calls) => {
    const token = uniqueName('token-');
    expect(await calls.launchInstance(token)).not.toBe(await calls.launchInstance(token));
  },

  motoAccessPointPages: async (calls) => {
    const FileSystemId = await calls.createFileSystem();
    for (const token of ['a', 'b', 'c']) await calls.createAccessPoint(FileSystemId, token);
    const page = await calls.efs.send(new DescribeAccessPointsCommand({ FileSystemId, MaxResults: 1 }));
    expect(page.AccessPoints).toHaveLength(3);
  },

  motoDefinitionOrder: async (calls) => {
    const family = uniqueName('family-');
    const registered = [
      await calls.registerDefinition({ family }),
      await calls.registerDefinition({ family }),
    ];
    const { taskDefinitionArns } = await calls.ecs.send(
      new ListTaskDefinitionsCommand({ familyPrefix: family, sort: 'DESC' }),
    );
    expect(taskDefinitionArns).toEqual(registered);
  },

  motoFamilies: async (calls) => {
    const family = uniqueName('family-');
    const taskDefinition = await calls.registerDefinition({ family });
    await calls.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
    const { families } = await calls.ecs.send(
      new ListTaskDefinitionFamiliesCommand({ familyPrefix: family, status: 'ACTIVE' }),
    );
    expect(families).toEqual([family]);
  },

  motoTaskFields: async (calls) => {
    const task = await calls.runOneTask(await calls.createClusterWithInstance());
    expect(task).toMatchObject({ lastStatus: 'RUNNING' });
    for (const field of ['version', 'createdAt', 'connectivity']) expect(task).not.toHaveProperty(field);
  },

  motoTaskMemory: async (calls) => {
    const containerDefinitions = [{ name: 'only', image: 'image' }];
    const taskDefinition = await calls.registerDefinition({ containerDefinitions, memory: '128' });
    const call = calls.runTask(await calls.createClusterWithInstance(), { taskDefinition });
    await expect(call).rejects.toMatchObject(INTERNAL_ERROR);
  },

  motoDescribeStopsTask: async (calls) => {
    const cluster = await calls.createClusterWithInstance();
    const task = await calls.runOneTask(cluster);
    const statuses: (string | undefined)[] = [];
    for (let reads = 0; reads < 5; reads += 1) {
      statuses.push((await calls.describeTask(cluster, task))?.lastStatus);
    }
    expect(statuses.at(-1)).toBe('STOPPED');
  },

  motoAccessPointToken: async (calls) => {
    const fileSystem = await calls.createFileSystem();
    const first = await calls.createAccessPoint(fileSystem, 'token');
    expect(await calls.createAccessPoint(fileSystem, 'token')).not.toBe(first);
  },

  motoConditionalWrites: async (calls) => {
    const table = await calls.createTable();
    let most = 0;
    for (let round = 0; round < WRITE_ROUNDS_MAX && most < 2; round += 1) {
      const writes = Array.from({ length: WRITES_AT_ONCE }, () => calls.writeOnce(table, `item-${round}`));
      most = Math.max(most, (await Promise.all(writes)).filter((isWritten) => isWritten).length);
    }
    expect(most).toBeGreaterThan(1);
  },

  ministackTaskToken: async (calls) => expectTwoTasksForOneToken(calls, await calls.createCluster()),

  ministackRunsAtOnce: async (calls) => {
    const taskDefinition = await calls.registerDefinition({ networkMode: 'awsvpc' });
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
    const task = await calls.runOneTask(await calls.createCluster(), {
      taskDefinition,
      networkConfiguration,
    });
    expect(task).toMatchObject({ lastStatus: 'RUNNING', attachments: [] });
  },
};

/**
 * The present behaviour of the unpatched emulators. If a test fails here, the emulator has been corrected: delete the
 * deviation with its exceptions and its patch.
 */
describe('known deviation from AWS:', () => {
  let moto: Emulator;
  const calls = new Map<string, RawSdkCalls>();
  beforeAll(async () => {
    moto = await startEmulator('moto');
    calls.set('moto', rawSdkCalls(moto.endpoint));
    calls.set('ministack', rawSdkCalls(inject('emulators').ministack));
  });
  afterAll(async () => {
    for (const open of calls.values()) open.end();
    await moto.stop();
  });
  const callsOf = (emulator: string) => {
    const found = calls.get(emulator);
    if (found === undefined) throw new Error(`${emulator} is not running`);
    return found;
  };

  for (const [name, { emulator, behaviour }] of Object.entries(DEVIATIONS)) {
    it(`${emulator} ${behaviour}`, () => PINNED_BEHAVIOUR[name as DeviationName](callsOf(emulator)));
  }
  for (const [name, behaviour] of Object.entries(PATCHED_DEVIATIONS)) {
    it(`moto ${behaviour}`, () => PINNED_BEHAVIOUR[name as PatchedDeviationName](callsOf('moto')));
  }
});

it('every deviation names an existing test file that covers the behaviour of AWS', () => {
  const root = join(import.meta.dirname, '../..');
  const missing = Object.values(DEVIATIONS).filter(({ coveredBy }) => !existsSync(join(root, coveredBy)));
  expect(missing).toEqual([]);
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs';
import { CreateFileSystemCommand, DescribeAccessPointsCommand } from '@aws-sdk/client-efs';
import type { Message } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse } from 'aws-lambda';
import { inject, vi } from 'vitest';
import { efsClient } from '#adapters/aws/clients.ts';
import { keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import type { QueueName } from '#contract/deployed-functions.ts';
import { TABLE } from '#contract/table.ts';
import { shardOf } from '#core/reconcile/sweep-volumes.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { clusterOnMoto } from '../cluster-on-moto.ts';
import { connection, REGION, uniqueName } from '../connection.ts';
import { tableOnMinistack } from '../dynamodb/table.ts';
import { advanceClock, queueOnMoto } from '../sqs/queue-on-moto.ts';
import { createFunctionEnvironment } from './environment.ts';
import { type AwsEvent, EventBus, listAllTasks } from './event-bus.ts';
import { functionsStartedBy, invoke } from './functions.ts';
import { openInvokeEndpoint } from './invoke-endpoint.ts';
import { simulateMounts } from './simulate-mounts.ts';

/** Holds back what is written to the console, and keeps what is written there as an error. */
export function captureLog() {
  const errors: string[] = [];
  const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((line: unknown) => {
      if (level === 'error') errors.push(String(line));
    }),
  );
  return {
    errors,
    restore() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** Lambda's functions are given back what they did not finish after this; seconds. */
const VISIBILITY_SECONDS = 360;
export const HOUR_SECONDS = 3600;
/** One round of `until`. Seconds. */
const STEP_SECONDS = 5;
const ROUNDS_MAX = 200;

/**
 * An installation of the controller as the CDK app makes one, on emulators: the table on ministack, all else on
 * moto. The functions find it by their environment alone. Time is in the test's hand: the clock of the functions
 * and that of the queues move together.
 */
export async function createInstallation() {
  const { moto: endpoint } = inject('emulators');
  const moto = await clusterOnMoto(endpoint);
  const table = await tableOnMinistack();
  const efs = efsClient(connection(endpoint));
  const invokes = await openInvokeEndpoint();
  const root = await mkdtemp(join(tmpdir(), 'volumes-'));
  const queues: Readonly<Record<QueueName, Awaited<ReturnType<typeof queueOnMoto>>>> = {
    work: await queueOnMoto(endpoint, VISIBILITY_SECONDS),
    host: await queueOnMoto(endpoint, VISIBILITY_SECONDS),
  };
  const { FileSystemId = '' } = await efs.send(
    new CreateFileSystemCommand({ CreationToken: uniqueName('volumes-') }),
  );
  const environment = await createFunctionEnvironment({
    moto,
    endpoints: { moto: endpoint, lambda: invokes.endpoint },
    tableName: table.tableName,
    queueUrls: { work: queues.work.url, host: queues.host.url },
    mounts: { [FileSystemId]: root },
  });
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  // The functions read their environment once.
  vi.resetModules();
  const log = captureLog();
  vi.useFakeTimers({ toFake: ['Date'] });
  const bus = new EventBus(moto);

  /** What happens by itself in a cloud, until nothing does any more. */
  async function settle(arrives: (event: AwsEvent) => boolean = () => true): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await moto.registerAgents();
      await simulateMounts(moto, efs, root);
      const events = await bus.deliver(arrives);
      const messages = (await drive('work')) + (await drive('host'));
      if (events + messages === 0) return;
    }
    throw new Error('it does not come to rest');
  }

  async function drive(queue: QueueName): Promise<number> {
    const [name = ''] = functionsStartedBy('queue', (started) => started.queue === queue);
    return queues[queue].deliver(async (batch) => {
      const { batchItemFailures } = (await invoke(name, toSqsEvent(batch))) as SQSBatchResponse;
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      return batch.filter(({ MessageId = '' }) => !failed.has(MessageId));
    });
  }

  async function pass(seconds: number): Promise<void> {
    vi.setSystemTime(Date.now() + seconds * 1000);
    await advanceClock(endpoint, seconds);
  }

  return {
    moto,
    settle,
    pass,

    /** What the functions have written to their logs as errors. */
    errors: log.errors,

    /** Lets things happen and time pass until it is so. */
    async until(
      what: string,
      condition: () => Promise<boolean>,
      arrives?: (event: AwsEvent) => boolean,
    ): Promise<void> {
      for (let round = 0; round < ROUNDS_MAX; round += 1) {
        await settle(arrives);
        if (await condition()) return;
        await pass(STEP_SECONDS);
      }
      throw new Error(`did not happen: ${what}`);
    },

    async liveTasks() {
      return (await listAllTasks(moto)).filter(({ lastStatus }) => lastStatus !== 'STOPPED');
    },

    /** Instances that are not terminated. */
    async liveInstances() {
      return (await moto.instances()).filter(({ State }) => State?.Name !== 'terminated');
    },

    async accessPoints() {
      const { AccessPoints = [] } = await efs.send(new DescribeAccessPointsCommand({ FileSystemId }));
      return AccessPoints;
    },

    /** The directories of volumes. */
    async directories(): Promise<readonly string[]> {
      return (await readdir(root)).filter((name) => !name.startsWith('.'));
    },

    /** The items of the table that have to do with it and that nothing lets go of by itself. */
    async itemsOf(workbenchId: string): Promise<readonly string[]> {
      const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.tableName }));
      return Items.filter((item) => item[TABLE.ttlAttribute] === undefined)
        .map((item) => JSON.stringify(item))
        .filter((item) => item.includes(workbenchId));
    },

    /** As a bug, or a table restored from a backup, might lose it. */
    async loseRecord(key: WorkbenchKey): Promise<void> {
      const Key = keyAttributes(recordKey(key));
      await table.client.send(new DeleteItemCommand({ TableName: table.tableName, Key }));
    },

    /** What is in a volume that the sweep has set aside. */
    setAside: (workbenchId: string) => readdir(join(root, '.quarantine', workbenchId)),

    /**
     * A day of the schedules' functions, each invoked when it looks at this workbench: those that look at one of 24
     * shards each hour in the hour of its shard, since audits take their time.
     */
    async runDayOfSweeps(workbenchId: string): Promise<void> {
      for (let hour = 0; hour < 24; hour += 1) {
        await pass(HOUR_SECONDS);
        const shard = Math.floor(Date.now() / (HOUR_SECONDS * 1000)) % 24;
        if (shard !== shardOf(workbenchId, 24)) continue;
        for (const name of functionsStartedBy('schedule', () => true)) await invoke(name, SCHEDULED_EVENT);
        await settle();
      }
    },

    async activeDefinitions(workbenchId: string): Promise<readonly string[]> {
      const { taskDefinitionArns = [] } = await moto.ecs.send(
        new ListTaskDefinitionsCommand({
          familyPrefix: `${moto.installation}-${workbenchId}`,
          status: 'ACTIVE',
        }),
      );
      return taskDefinitionArns;
    },

    async end(): Promise<void> {
      log.restore();
      vi.useRealTimers();
      vi.unstubAllEnvs();
      efs.destroy();
      for (const { client } of Object.values(queues)) client.destroy();
      await Promise.all([moto.end(), table.dispose(), invokes.close()]);
      await rm(root, { recursive: true, force: true });
    },
  };
}

export type Installation = Awaited<ReturnType<typeof createInstallation>>;

const SCHEDULED_EVENT = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

/** A batch as the event source of Lambda hands it over. */
function toSqsEvent(batch: readonly Message[]) {
  return {
    Records: batch.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: Attributes ?? {},
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:work',
      awsRegion: REGION,
    })),
  };
}

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs';
import { CreateFileSystemCommand, DescribeAccessPointsCommand } from '@aws-sdk/client-efs';
import type { Message } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse } from 'aws-lambda';
import { inject, vi } from 'vitest';
import { createEfsClient } from '#adapters/aws/clients.ts';
import { keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import type { QueueName } from '#contract/deployed-functions.ts';
import { TABLE } from '#contract/table.ts';
import { shardOf } from '#core/reconcile/sweep-volumes.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { dailyShard } from '#functions/schedules/daily-shard.ts';
import { clusterOnMoto } from '../cluster-on-moto.ts';
import { connection, REGION, uniqueName } from '../connection.ts';
import { createTableOn } from '../dynamodb/table.ts';
import { advanceClock, createQueueOnMoto } from '../sqs/queue-on-moto.ts';
import { createFunctionEnvironment } from './environment.ts';
import { type AwsEvent, EventBus, listAllTasks } from './event-bus.ts';
import { functionsStartedBy, invoke } from './functions.ts';
import { openInvokeEndpoint } from './invoke-endpoint.ts';
import { simulateMounts } from './simulate-mounts.ts';

/** Suppresses the output to the console and records it. */
export function captureLog() {
  const errors: string[] = [];
  const lines: string[] = [];
  const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((line: unknown) => {
      lines.push(String(line));
      if (level === 'error') errors.push(String(line));
    }),
  );
  return {
    errors,
    lines,
    restore() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

const QUEUES: readonly QueueName[] = ['work', 'host', 'delete'];
/** The visibility timeout of the queues, in seconds. */
const VISIBILITY_SECONDS = 360;
export const HOUR_SECONDS = 3600;
/** How far `until` advances the time per round, in seconds. */
const STEP_SECONDS = 5;
const ROUNDS_MAX = 200;

/**
 * An installation of the controller like one of the CDK app, on emulators: the table is on ministack, the other services are
 * on moto. The functions get it from their environment alone. The test controls the time: the clocks of the functions and
 * of the queues advance together.
 */
export async function createInstallation() {
  const { moto: endpoint } = inject('emulators');
  const moto = await clusterOnMoto(endpoint);
  const table = await createTableOn('ministack');
  const efs = createEfsClient(connection(endpoint));
  const lambda = await openInvokeEndpoint();
  const root = await mkdtemp(join(tmpdir(), 'volumes-'));
  const queues: Readonly<Record<QueueName, Awaited<ReturnType<typeof createQueueOnMoto>>>> = {
    work: await createQueueOnMoto(endpoint, VISIBILITY_SECONDS),
    host: await createQueueOnMoto(endpoint, VISIBILITY_SECONDS),
    delete: await createQueueOnMoto(endpoint, VISIBILITY_SECONDS),
  };
  const { FileSystemId = '' } = await efs.send(
    new CreateFileSystemCommand({ CreationToken: uniqueName('volumes-') }),
  );
  const environment = await createFunctionEnvironment({
    moto,
    endpoints: { moto: endpoint, lambda: lambda.endpoint },
    tableName: table.tableName,
    queueUrls: { work: queues.work.url, host: queues.host.url, delete: queues.delete.url },
    mounts: { [FileSystemId]: root },
  });
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  // The functions read their environment when they are imported.
  vi.resetModules();
  const log = captureLog();
  vi.useFakeTimers({ toFake: ['Date'] });
  const bus = new EventBus(moto);

  /** Runs agents, mounts, events and queues until nothing changes. */
  async function settle(isDelivered: (event: AwsEvent) => boolean = () => true): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await moto.registerAgents();
      await simulateMounts(moto, efs, root);
      const events = await bus.deliver(isDelivered);
      let messages = 0;
      for (const queue of QUEUES) messages += await deliverMessages(queue);
      if (events + messages === 0) return;
    }
    throw new Error('the installation does not settle');
  }

  async function deliverMessages(queue: QueueName): Promise<number> {
    const [name = ''] = functionsStartedBy('queue', (started) => started.queue === queue);
    return queues[queue].deliver(async (batch) => {
      const { batchItemFailures } = (await invoke(name, toSqsEvent(batch))) as SQSBatchResponse;
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      return batch.filter(({ MessageId = '' }) => !failed.has(MessageId));
    });
  }

  async function advance(seconds: number): Promise<void> {
    vi.setSystemTime(Date.now() + seconds * 1000);
    await advanceClock(endpoint, seconds);
  }

  return {
    moto,
    settle,
    advance,

    /** The errors that the functions have logged. */
    errors: log.errors,

    /** Everything that the functions have logged. */
    logLines: log.lines,

    /** Settles and advances the time until the condition is true. */
    async until(
      description: string,
      condition: () => Promise<boolean>,
      isDelivered?: (event: AwsEvent) => boolean,
    ): Promise<void> {
      for (let round = 0; round < ROUNDS_MAX; round += 1) {
        await settle(isDelivered);
        if (await condition()) return;
        await advance(STEP_SECONDS);
      }
      throw new Error(`did not happen: ${description}`);
    },

    async liveTasks() {
      return (await listAllTasks(moto)).filter(({ lastStatus }) => lastStatus !== 'STOPPED');
    },

    /** Instances that are not terminated. */
    async liveInstances() {
      return (await moto.describeInstances()).filter(({ State }) => State?.Name !== 'terminated');
    },

    async accessPoints() {
      const { AccessPoints = [] } = await efs.send(new DescribeAccessPointsCommand({ FileSystemId }));
      return AccessPoints;
    },

    /** The directories of volumes. */
    async directories(): Promise<readonly string[]> {
      return (await readdir(root)).filter((name) => !name.startsWith('.'));
    },

    /** The items of the table that refer to the workbench and have no TTL. */
    async itemsOf(workbenchId: string): Promise<readonly string[]> {
      const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.tableName }));
      return Items.filter((item) => item[TABLE.ttlAttribute] === undefined)
        .map((item) => JSON.stringify(item))
        .filter((item) => item.includes(workbenchId));
    },

    /** Deletes the record, as a bug or the restore of an old backup might do. */
    async loseRecord(key: WorkbenchKey): Promise<void> {
      const Key = keyAttributes(recordKey(key));
      await table.client.send(new DeleteItemCommand({ TableName: table.tableName, Key }));
    },

    /** The entries of a volume in quarantine. */
    quarantined: (workbenchId: string) => readdir(join(root, '.quarantine', workbenchId)),

    /**
     * Advances the time by a day and invokes the scheduled functions when they cover this workbench: the sweep of the cluster
     * covers one of 144 shards in ten minutes, that of volumes one of 24 in an hour. The other times are skipped to save time.
     */
    async runDayOfSweeps(workbenchId: string): Promise<void> {
      const covers = (everyMinutes: number) => {
        const { shard, shards } = dailyShard(Date.now(), everyMinutes);
        return shard === shardOf(workbenchId, shards);
      };
      for (let minute = 0; minute < 24 * 60; minute += 10) {
        await advance(600);
        const beginsHour = new Date().getMinutes() < 10;
        if (!covers(10) && !(beginsHour && covers(60))) continue;
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
      await Promise.all([moto.end(), table.dispose(), lambda.close()]);
      await rm(root, { recursive: true, force: true });
    },
  };
}

export type Installation = Awaited<ReturnType<typeof createInstallation>>;

const SCHEDULED_EVENT = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

/** A batch in the format of Lambda's event source. */
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

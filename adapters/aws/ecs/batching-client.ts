import { DescribeContainerInstancesCommand, DescribeTasksCommand } from '@aws-sdk/client-ecs';
import { type PacerTime, processTime } from '../paced-client.ts';
import type { EcsClient } from './task-definitions.ts';

/**
 * How long a read waits for others, in milliseconds. The invocations of a batch of ten messages read their records at the
 * same time and then the tasks; with a third of a CPU they need about this time for it.
 */
export const COLLECT_MS = 50;

/** The most ids in one call. */
const IDS_MAX = 100;

/** A call that reads resources by id. Request and response list them in the same field. */
interface ReadOperation {
  readonly command: new (input: never) => object;
  readonly list: string;
  /** The field of a resource that contains its ARN. */
  readonly arn: string;
}

const READ_OPERATIONS: readonly ReadOperation[] = [
  { command: DescribeTasksCommand, list: 'tasks', arn: 'taskArn' },
  {
    command: DescribeContainerInstancesCommand,
    list: 'containerInstances',
    arn: 'containerInstanceArn',
  },
];

type Fields = Readonly<Record<string, unknown>>;

/** A read as its caller requested it. */
interface Read {
  readonly ids: readonly string[];
  readonly resolve: (response: Fields) => void;
  readonly reject: (error: unknown) => void;
}

/** The reads that are sent as one call. */
interface Batch {
  readonly reads: Read[];
  /** Last part of an ARN → the ARN or id as requested. */
  readonly ids: Map<string, string>;
}

/**
 * Wraps a client of ECS so that it sends reads of tasks, and of container instances, that are requested within COLLECT_MS
 * as one call. `drive` uses it: the account may make 20 such calls per second, and a batch of messages needs one instead of
 * ten.
 *
 * A read never joins a call that has been sent, so the response is always newer than the request. Each caller gets the
 * resources and failures whose ARN it named: a batch may contain tasks that ECS does not know, and ECS does not document the
 * order of a response. If the call fails, every caller gets its error.
 */
export function createBatchingEcsClient(client: EcsClient, time: PacerTime = processTime): EcsClient {
  const forward = client.send as (...args: unknown[]) => Promise<unknown>;
  /** The batches that have not been sent. The key contains the operation and all parameters except the ids. */
  const open = new Map<string, Batch>();

  const sendBatch = async (operation: ReadOperation, parameters: Fields, batch: Batch): Promise<void> => {
    const input = { ...parameters, [operation.list]: [...batch.ids.values()] };
    try {
      const response = (await forward.call(client, new operation.command(input as never))) as Fields;
      for (const { ids, resolve } of batch.reads) resolve(selectByArn(operation, response, ids));
    } catch (error) {
      for (const { reject } of batch.reads) reject(error);
    }
  };

  const read = (operation: ReadOperation, input: Fields): Promise<unknown> => {
    const { [operation.list]: list, ...parameters } = input;
    const ids = list as readonly string[];
    const key = JSON.stringify([operation.list, parameters]);
    let batch = open.get(key);
    if (batch === undefined || batch.ids.size + ids.length > IDS_MAX) {
      const opened: Batch = { reads: [], ids: new Map() };
      open.set(key, opened);
      time.after(COLLECT_MS, () => {
        if (open.get(key) === opened) open.delete(key);
        void sendBatch(operation, parameters, opened);
      });
      batch = opened;
    }
    for (const id of ids) batch.ids.set(lastPartOf(id), id);
    return new Promise((resolve, reject) => batch.reads.push({ ids, resolve, reject }));
  };

  const send = async (command: object, ...options: unknown[]): Promise<unknown> => {
    const operation = READ_OPERATIONS.find((candidate) => command instanceof candidate.command);
    if (operation === undefined || options.length > 0) return forward.call(client, command, ...options);
    return read(operation, (command as { readonly input: Fields }).input);
  };
  return { send: send as EcsClient['send'] };
}

/** The part of a response that belongs to these ids. */
function selectByArn({ list, arn }: ReadOperation, response: Fields, ids: readonly string[]): Fields {
  const requested = new Set(ids.map(lastPartOf));
  const resources = (response[list] ?? []) as readonly Fields[];
  const failures = (response.failures ?? []) as readonly Fields[];
  return {
    ...response,
    [list]: resources.filter((resource) => requested.has(lastPartOf(resource[arn]))),
    failures: failures.filter((failure) => requested.has(lastPartOf(failure.arn))),
  };
}

/** The id at the end of an ARN; an id itself. */
function lastPartOf(arn: unknown): string {
  const text = typeof arn === 'string' ? arn : '';
  return text.slice(text.lastIndexOf('/') + 1);
}

import { describe, expect, it } from 'vitest';
import type { QueueName } from '#contract/deployed-functions.ts';
import { PortError } from '#core/ports/port-error.ts';
import { deleteWorkbench } from '#core/workbench/commands.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { build, toWorkMessage } from '#functions/drive/drive-batch.ts';
import {
  deletionOnly,
  PortNotAvailableHere,
  unavailableHostFleet,
  unavailableInstances,
  withoutDeletion,
} from '#functions/drive/unavailable-ports.ts';
import { deleting, MINUTE } from '#test/builders/workbench.ts';
import { MemoryWorkQueue } from '#test/memory/memory-work-queue.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { withWorkbench } from '../api/with-workbench.ts';
import { settingsWith } from '../call-api.ts';

const DEDICATED = { allocated_instance_type: 'm7i.large' };
const QUEUES: readonly QueueName[] = ['work', 'host', 'delete'];

function batch(key: WorkbenchKey) {
  return { Records: [{ messageId: 'm1', body: toWorkMessage(key) }] };
}

const SUCCESS = { batchItemFailures: [] };
const FAILURE = { batchItemFailures: [{ itemIdentifier: 'm1' }] };

/** The ports of each function that effects call. */
function effectPortsOf(world: Pick<MemoryWorld, 'tasks' | 'hosts' | 'volumes' | 'catalog'>) {
  const { tasks, hosts, catalog } = world;
  const volumes = withoutDeletion(world.volumes);
  // Without EC2 no instance can be terminated.
  const withoutEc2 = overrideMethods(tasks, {
    terminateInstance: (taskId) => unavailableInstances.terminate(taskId, () => {}),
  });
  return {
    work: { tasks: withoutEc2, catalog, volumes, hosts: unavailableHostFleet },
    host: { tasks, catalog, volumes, hosts },
    delete: deletionOnly(world.volumes),
  };
}

/** `drive`, `drive-host` and `drive-delete`, each with its queue, in one world. */
function threeFunctions(world: MemoryWorld, settings = settingsWith()) {
  const { clock } = world;
  const queues = { work: world.queue, host: new MemoryWorkQueue(clock), delete: new MemoryWorkQueue(clock) };
  const effects = effectPortsOf(world);
  const { host, delete: deletion } = queues;
  const functions = {
    work: build({ ...world.ports, ...effects.work, forwardTo: { host, delete: deletion } }, settings),
    host: build({ ...world.ports, ...effects.host, queue: host, forwardTo: { delete: deletion } }, settings),
    delete: build(
      { ...world.ports, ...effects.delete, queue: deletion, forwardTo: { work: world.queue, host } },
      settings,
    ),
  };
  return {
    queues,
    functions,
    /** Delivers the due messages of all queues. Returns the queues in the order of the deliveries. */
    async deliverDue(): Promise<readonly QueueName[]> {
      const delivered: QueueName[] = [];
      for (;;) {
        const before = delivered.length;
        for (const name of QUEUES) {
          const key = queues[name].takeDue();
          if (key === undefined) continue;
          delivered.push(name);
          expect(await functions[name](batch(key))).toEqual(SUCCESS);
        }
        if (delivered.length === before) return delivered;
        if (delivered.length > 100) throw new Error(`circulates: ${delivered.slice(0, 10).join(', ')}`);
      }
    },
  };
}

describe('drive without the EC2 client', () => {
  async function withHost() {
    const { world, settings, key } = await withWorkbench(DEDICATED);
    return { world, key, ...threeFunctions(world, settings) };
  }

  it('forwards a workbench that needs a host, and keeps the effects that succeeded before', async () => {
    const { world, key, queues, functions } = await withHost();
    expect(await functions.work(batch(key))).toEqual(SUCCESS);
    expect(queues.host.takeDue()).toEqual(key);
    expect(queues.host.size).toBe(0);
    expect(await world.read(key)).toMatchObject({ status: 'starting', mount: expect.anything() });
    expect(world.telemetry.counts.get('drive_failed')).toBeUndefined();
    expect(world.telemetry.counts.get('effect_failed')).toBeUndefined();
  });

  it('drives a workbench that needs no host', async () => {
    const { world, settings, key } = await withWorkbench();
    const { queues, functions } = threeFunctions(world, settings);
    await functions.work(batch(key));
    expect((await world.read(key)).status).not.toBe('starting');
    expect([queues.host.size, queues.delete.size]).toEqual([0, 0]);
  });

  it('returns and counts the message if the workbench could not be forwarded', async () => {
    const { world, ports, settings, key } = await withWorkbench(DEDICATED);
    const failingQueue = {
      send: async () => {
        throw new PortError('unavailable', 'no response');
      },
    };
    const drive = build(
      { ...ports, hosts: unavailableHostFleet, forwardTo: { host: failingQueue } },
      settings,
    );
    expect(await drive(batch(key))).toEqual(FAILURE);
    expect(world.telemetry.counts.get('forward_failed')).toBe(1);
    expect(world.telemetry.fields.get('workbench could not be forwarded')).toEqual({
      workbenchId: key.workbenchId,
      queue: 'host',
    });
  });

  it('never gets a workbench back: drive-host continues with its own queue', async () => {
    const { world, key, queues, functions } = await withHost();
    await functions.work(batch(key));
    while (queues.work.takeDue());
    let messages = 0;
    for (let second = 0; second < 600 && (await world.read(key)).status !== 'running'; second += 1) {
      for (let next = queues.host.takeDue(); next !== undefined; next = queues.host.takeDue()) {
        messages += 1;
        expect(await functions.host(batch(next))).toEqual(SUCCESS);
      }
      await world.clock.advanceAsync(1000);
    }
    expect((await world.read(key)).status).toBe('running');
    expect(messages).toBeGreaterThan(1);
    expect([queues.work.size, queues.delete.size]).toEqual([0, 0]);
  });

  it('returns the message if there is no queue to forward it to', async () => {
    const { ports, settings, key } = await withWorkbench(DEDICATED);
    const drive = build({ ...ports, hosts: unavailableHostFleet }, settings);
    expect(await drive(batch(key))).toEqual(FAILURE);
  });
});

describe('the deletion of files', () => {
  /** A deleted workbench, whose next effect is to delete its volume. */
  async function deletedWorkbench() {
    const { world, settings, key } = await withWorkbench();
    await world.volumes.ensure(key.workbenchId);
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    while (world.queue.takeDue());
    return { world, key, ...threeFunctions(world, settings) };
  }

  it.each(['work', 'host'] as const)(
    'is forwarded by the function of the %s queue, without a failure',
    async (name) => {
      const { world, key, queues, functions } = await deletedWorkbench();
      expect(await functions[name](batch(key))).toEqual(SUCCESS);
      expect(queues.delete.takeDue()).toEqual(key);
      expect([queues.work.size, queues.host.size, queues.delete.size]).toEqual([0, 0, 0]);
      expect(world.volumes.files(key.workbenchId)).toBeDefined();
      expect(world.telemetry.counts.get('drive_failed')).toBeUndefined();
      expect(world.telemetry.counts.get('effect_failed')).toBeUndefined();
    },
  );

  it('is done by drive-delete, which sends its next messages to its own queue only', async () => {
    const { world, key, queues, functions } = await deletedWorkbench();
    const files = world.volumes.files(key.workbenchId);
    for (let n = 0; n < 5_000; n += 1) files?.add(`file-${n}`);
    const deleteSlice = world.volumes.deleteSlice.bind(world.volumes);
    // One invocation begins three such slices of 1,000 files at most.
    world.volumes.deleteSlice = async (workbenchId) => {
      world.clock.advance(8_000);
      return deleteSlice(workbenchId);
    };
    await functions.work(batch(key));
    let messages = 0;
    for (let next = queues.delete.takeDue(); next !== undefined; next = queues.delete.takeDue()) {
      messages += 1;
      expect(await functions.delete(batch(next))).toEqual(SUCCESS);
    }
    expect(messages).toBeGreaterThan(1);
    expect(await world.stores.workbenches.read(key)).toBeUndefined();
    expect(world.volumes.files(key.workbenchId)).toBeUndefined();
    expect([queues.work.size, queues.host.size]).toEqual([0, 0]);
  });

  it('begins after drive-host has terminated the host', async () => {
    const { world, settings, key } = await withWorkbench(DEDICATED);
    const three = threeFunctions(world, settings);
    const order: QueueName[] = [];
    const runUntil = async (isDone: () => Promise<boolean>) => {
      for (let second = 0; second < 3_600 && !(await isDone()); second += 1) {
        order.push(...(await three.deliverDue()));
        await world.clock.advanceAsync(1000);
      }
    };
    await runUntil(async () => (await world.read(key)).status === 'running');
    order.length = 0;
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await runUntil(async () => (await world.stores.workbenches.read(key)) === undefined);
    expect(await world.stores.workbenches.read(key)).toBeUndefined();
    // Without a way back: each queue is left once.
    expect(order.filter((name, index) => name !== order[index - 1])).toEqual(['work', 'host', 'delete']);
    expect(await world.hosts.list()).toMatchObject({ hosts: [] });
  });

  it('waits for a task that is found late: drive-delete forwards it, and gets the workbench back', async () => {
    const world = new MemoryWorld();
    const { queues, deliverDue } = threeFunctions(world);
    const now = world.clock.now();
    const record = deleting({
      deadlineAt: now + 60 * MINUTE,
      nextDriveAt: now,
      updatedAt: now,
      unexpectedTasks: [{ taskId: 'late', agentSilentSince: now - 60 * MINUTE }],
    });
    await world.stores.workbenches.create(record);
    const key = { userId: record.userId, workbenchId: record.workbenchId };
    await queues.delete.send(key, 0);
    // Stopped by `drive`; its instance can only be terminated by `drive-host`.
    expect(await deliverDue()).toEqual(['delete', 'work', 'host']);
    expect([queues.work.size, queues.delete.size]).toEqual([0, 0]);
    const order: QueueName[] = [];
    for (let second = 0; second < 3_600; second += 1) {
      await world.clock.advanceAsync(1000);
      order.push(...(await deliverDue()));
      if ((await world.stores.workbenches.read(key)) === undefined) break;
    }
    expect(await world.stores.workbenches.read(key)).toBeUndefined();
    expect(order.filter((name, index) => name !== order[index - 1])).toEqual(['host', 'delete']);
  });
});

describe('a port that is not available in a function', () => {
  const ports: Readonly<Record<QueueName, object>> = effectPortsOf(new MemoryWorld());
  /** The methods that effects call. */
  const METHODS = [
    'tasks.prepare',
    'tasks.run',
    'tasks.stop',
    'tasks.describe',
    'tasks.terminateInstance',
    'hosts.launch',
    'hosts.start',
    'hosts.stop',
    'hosts.terminate',
    'hosts.describe',
    'volumes.ensure',
    'volumes.deleteSlice',
    'catalog.providers',
    'catalog.instanceTypes',
    'catalog.freeCapacity',
    'catalog.reserve',
  ] as const;

  /** Calls a method of a port of the function behind a queue. Returns the queue that it names, if it is not available. */
  async function namedQueue(name: QueueName, method: string): Promise<QueueName | undefined> {
    const [port = '', called = ''] = method.split('.');
    const target = Reflect.get(ports[name], port) as Readonly<Record<string, (...args: string[]) => unknown>>;
    const call = target[called];
    if (call === undefined) throw new Error(`${method} does not exist`);
    try {
      await call.call(target, 'none', 'none');
    } catch (error) {
      // An available method may refuse the arguments.
      if (error instanceof PortNotAvailableHere) return error.queue;
    }
    return undefined;
  }

  it('is one of these, and is available in the function of the queue that it names', async () => {
    const unavailable: Partial<Record<QueueName, Record<string, QueueName>>> = {};
    for (const name of QUEUES) {
      for (const method of METHODS) {
        const queue = await namedQueue(name, method);
        if (queue === undefined) continue;
        unavailable[name] = { ...unavailable[name], [method]: queue };
        expect(await namedQueue(queue, method), `${method} in the function of the ${queue} queue`).toBe(
          undefined,
        );
      }
    }
    const hosts = {
      'tasks.terminateInstance': 'host',
      'hosts.launch': 'host',
      'hosts.start': 'host',
      'hosts.stop': 'host',
      'hosts.terminate': 'host',
      'hosts.describe': 'host',
    };
    expect(unavailable).toEqual({
      work: { ...hosts, 'volumes.deleteSlice': 'delete' },
      host: { 'volumes.deleteSlice': 'delete' },
      delete: {
        ...hosts,
        'tasks.prepare': 'work',
        'tasks.run': 'work',
        'tasks.stop': 'work',
        'tasks.describe': 'work',
        'volumes.ensure': 'work',
        'catalog.providers': 'work',
        'catalog.instanceTypes': 'work',
        'catalog.freeCapacity': 'work',
        'catalog.reserve': 'work',
      },
    });
  });

  it.each(Object.entries(unavailableInstances))('may be %s of instances', async (_, method) => {
    await expect(method()).rejects.toMatchObject({ name: 'PortNotAvailableHere', queue: 'host' });
  });
});

import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { build, readInterruption } from '#functions/events/instance-interrupted.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { settingsWith } from '../call-api.ts';

const INSTANCE = 'i-1234567890abcdef0';

/** As AWS documents it. */
function spotWarning(fields: object = {}, detail: object = {}) {
  return {
    version: '0',
    id: '12345678-1234-1234-1234-123456789012',
    'detail-type': 'EC2 Spot Instance Interruption Warning',
    source: 'aws.ec2',
    account: '123456789012',
    time: '2030-01-01T00:00:00Z',
    region: 'us-east-2',
    resources: [`arn:aws:ec2:us-east-2a:instance/${INSTANCE}`],
    detail: { 'instance-id': INSTANCE, 'instance-action': 'terminate', ...detail },
    ...fields,
  };
}

function containerInstanceChange(detail: object = {}) {
  return {
    version: '0',
    source: 'aws.ecs',
    'detail-type': 'ECS Container Instance State Change',
    time: '2030-01-01T00:00:00Z',
    region: 'us-east-2',
    detail: {
      clusterArn: 'arn:aws:ecs:us-east-2:123456789012:cluster/workbench',
      containerInstanceArn: 'arn:aws:ecs:us-east-2:123456789012:container-instance/workbench/abc',
      ec2InstanceId: INSTANCE,
      agentConnected: true,
      status: 'DRAINING',
      version: 5,
      ...detail,
    },
  };
}

const AT = Date.parse('2030-01-01T00:00:00Z');

describe('an event', () => {
  it('of a spot interruption or of draining is parsed', () => {
    expect(readInterruption(spotWarning())).toEqual({ instanceId: INSTANCE, kind: 'spot', at: AT });
    const draining = { instanceId: INSTANCE, kind: 'draining', at: AT };
    expect(readInterruption(containerInstanceChange())).toEqual(draining);
  });

  it.each([
    [containerInstanceChange({ status: 'ACTIVE' })],
    // The controller drains an instance whose agent is silent, to terminate it.
    [containerInstanceChange({ agentConnected: false })],
    [containerInstanceChange({ ec2InstanceId: undefined })],
    [spotWarning({ source: 'com.example' })],
    [spotWarning({ time: 'soon' })],
    [spotWarning({}, { 'instance-id': '' })],
    [spotWarning({ 'detail-type': 'EC2 Instance Rebalance Recommendation' })],
    ['nonsense'],
    [undefined],
  ])('of another type, or malformed, is ignored without a call (%#)', async (event) => {
    expect(readInterruption(event)).toBeUndefined();
    const world = new MemoryWorld();
    const list = () => Promise.reject(new Error('not called'));
    await build({ ...world.ports, instanceTasks: { list } }, settingsWith())(event);
    expect(world.telemetry.counts.get('event_ignored')).toBe(1);
  });
});

describe('the function', () => {
  async function setUp() {
    const world = new MemoryWorld({ events: false });
    const first = await world.waitForStatus(await world.create(), 'running');
    const second = await world.waitForStatus(await world.create(), 'running');
    const elsewhere = await world.waitForStatus(await world.create(), 'running');
    const asked: string[] = [];
    const list = async (instanceId: string) => {
      asked.push(instanceId);
      return [...(await world.liveTasks(first.workbenchId)), ...(await world.liveTasks(second.workbenchId))];
    };
    const handler = build({ ...world.ports, instanceTasks: { list } }, settingsWith());
    return { world, first, second, elsewhere, asked, handler };
  }

  it('updates and enqueues each workbench whose task runs on the instance', async () => {
    const { world, first, second, elsewhere, asked, handler } = await setUp();
    await handler(spotWarning());
    expect(asked).toEqual([INSTANCE]);
    for (const key of [first, second]) {
      expect(await world.read(key)).toMatchObject({
        status: 'running',
        run: { interruption: { kind: 'spot', stopAt: AT + 75_000 } },
      });
    }
    expect(await world.read(elsewhere)).toEqual(elsewhere);
  });

  it('changes nothing if the event is repeated', async () => {
    const { world, first, handler } = await setUp();
    await handler(containerInstanceChange());
    const noticed = await world.read(first);
    expect(noticed).toMatchObject({ run: { interruption: { kind: 'draining' } } });
    await handler(containerInstanceChange());
    expect(await world.read(first)).toEqual(noticed);
  });

  it('updates the other workbenches if the record of one cannot be written, and then fails', async () => {
    const { world, first, second } = await setUp();
    const list = async () => [
      ...(await world.liveTasks(first.workbenchId)),
      ...(await world.liveTasks(second.workbenchId)),
    ];
    const { workbenches } = world.ports;
    const broken = new Proxy(workbenches, {
      get: (store, name) =>
        name === 'read'
          ? async (key: Parameters<typeof store.read>[0]) => {
              if (key.workbenchId === first.workbenchId) throw new PortError('unavailable', 'GetItem');
              return await store.read(key);
            }
          : Reflect.get(store, name).bind(store),
    });
    const handler = build({ ...world.ports, workbenches: broken, instanceTasks: { list } }, settingsWith());
    await expect(handler(spotWarning())).rejects.toThrow('GetItem');
    expect(await world.read(first)).toEqual(first);
    expect(await world.read(second)).toMatchObject({ run: { interruption: { kind: 'spot' } } });
  });

  it('ignores an instance without workbenches, and fails if ECS does not respond', async () => {
    const { world } = await setUp();
    const none = build({ ...world.ports, instanceTasks: { list: async () => [] } }, settingsWith());
    await none(spotWarning());
    expect(world.telemetry.counts.get('event_ignored')).toBe(1);
    const list = () => Promise.reject(new PortError('unavailable', 'ecs ListTasks: TimeoutError'));
    await expect(
      build({ ...world.ports, instanceTasks: { list } }, settingsWith())(spotWarning()),
    ).rejects.toThrow('ListTasks');
  });
});

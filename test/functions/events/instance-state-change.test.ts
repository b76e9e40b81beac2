import { describe, expect, it } from 'vitest';
import { build, readInstanceEvent } from '#functions/events/instance-state-change.ts';
import { MemoryWorld } from '#test/simulation/memory-world.ts';
import { settingsWith } from '../calling.ts';

function instanceEvent(instanceId: string, state: string) {
  return {
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    detail: { 'instance-id': instanceId, state },
  };
}

function agentEvent(ec2InstanceId: string, agentConnected: boolean, status = 'ACTIVE') {
  return {
    source: 'aws.ecs',
    'detail-type': 'ECS Container Instance State Change',
    detail: { ec2InstanceId, agentConnected, status, version: 14801 },
  };
}

describe('an event of a machine', () => {
  it.each([
    [instanceEvent('i-1', 'stopped'), { instanceId: 'i-1', state: 'stopped', agentConnected: false }],
    [instanceEvent('i-1', 'terminated'), { instanceId: 'i-1', state: 'terminated', agentConnected: false }],
    [agentEvent('i-1', true), { instanceId: 'i-1', state: 'running', agentConnected: true }],
    [agentEvent('i-1', false), { instanceId: 'i-1', state: 'running', agentConnected: false }],
    [agentEvent('i-1', true, 'DRAINING'), { instanceId: 'i-1', state: 'running', agentConnected: false }],
    [instanceEvent('i-1', 'hibernated'), undefined],
    [{ ...instanceEvent('i-1', 'stopped'), source: 'somebody.else' }, undefined],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('is read (%#)', (event, expected) => {
    expect(readInstanceEvent(event)).toEqual(expected);
  });

  it('makes the workbench that has the machine to itself be looked at', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.untilStatus(
      await world.create({ dedicatedInstanceType: 'm7i.large' }),
      'running',
    );
    const instanceId = key.host?.instanceId ?? '';
    await world.hosts.terminate(instanceId);
    const handler = build(world.ports, settingsWith());
    await handler(instanceEvent(instanceId, 'shutting-down'));
    expect((await world.read(key)).nextAt).toBe(world.clock.now());
    expect(await world.untilStatus(key, 'stopped', 120_000)).toMatchObject({ reason: { code: 'host_lost' } });
  });

  it('that tells nothing new, or is of no dedicated machine, changes nothing', async () => {
    const world = new MemoryWorld();
    const key = await world.untilStatus(
      await world.create({ dedicatedInstanceType: 'm7i.large' }),
      'running',
    );
    const handler = build(world.ports, settingsWith());
    await handler(agentEvent(key.host?.instanceId ?? '', true));
    await handler(agentEvent('i-of-somebody', false));
    await handler({});
    expect(await world.read(key)).toEqual(key);
  });
});

import { describe, expect, it } from 'vitest';
import { build, readInstanceEvent } from '#functions/events/instance-state-change.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { settingsWith } from '../call-api.ts';

/** An event of EC2, with fields that the function does not read. */
function instanceEvent(instanceId: string, state: string) {
  return {
    version: '0',
    id: '5c1e3b0e-3f4b-4d0c-9d53-0c3b4d5e6f70',
    'detail-type': 'EC2 Instance State-change Notification',
    source: 'aws.ec2',
    account: '111122223333',
    time: '2030-01-01T09:00:00Z',
    region: 'eu-central-1',
    resources: [`arn:aws:ec2:eu-central-1:111122223333:instance/${instanceId}`],
    detail: { 'instance-id': instanceId, state },
  };
}

describe('an event of an EC2 instance', () => {
  it.each([
    [instanceEvent('i-1', 'stopped'), { instanceId: 'i-1', state: 'stopped', agentConnected: false }],
    [instanceEvent('i-1', 'terminated'), { instanceId: 'i-1', state: 'terminated', agentConnected: false }],
    [instanceEvent('i-1', 'hibernated'), undefined],
    [{ ...instanceEvent('i-1', 'stopped'), source: 'com.example' }, undefined],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('is parsed (%#)', (event, expected) => {
    expect(readInstanceEvent(event)).toEqual(expected);
  });

  it('makes the workbench due whose host it is', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.waitForStatus(
      await world.create({ dedicatedInstanceType: 'm7i.large' }),
      'running',
    );
    const instanceId = key.host?.instanceId ?? '';
    await world.hosts.terminate(instanceId);
    const handler = build(world.ports, settingsWith());
    await handler(instanceEvent(instanceId, 'shutting-down'));
    expect((await world.read(key)).nextDriveAt).toBe(world.clock.now());
    expect(await world.waitForStatus(key, 'stopped', 120_000)).toMatchObject({
      reason: { code: 'instance_lost' },
    });
  });

  it('changes nothing if the instance is not a host', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(
      await world.create({ dedicatedInstanceType: 'm7i.large' }),
      'running',
    );
    const handler = build(world.ports, settingsWith());
    await handler(instanceEvent('i-unknown', 'stopped'));
    await handler({});
    expect(await world.read(key)).toEqual(key);
  });
});

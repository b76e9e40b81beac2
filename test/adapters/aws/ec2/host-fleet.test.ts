import { describeHostFleetContract } from '#test/contracts/host-fleet.ts';
import { WorldSubject } from '#test/simulation/world/world-fixture.ts';

describeHostFleetContract('Ec2HostFleet', async () => {
  const subject = new WorldSubject();
  return {
    hosts: subject.hosts(),
    request: (change) => ({ userId: 'alice', workbenchId: 'wb1', instanceType: 'm5.large', ...change }),
    pass: () => subject.advance(1),
    reopen: async () => subject.hosts(),
    end: async () => {},
  };
});

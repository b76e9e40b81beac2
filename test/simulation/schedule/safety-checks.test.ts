import { describe, expect, it } from 'vitest';
import { WORKBENCH_TAG } from '#contract/tags.ts';
import { aHost, ID, stopped, USER } from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import { WorldFixture } from '../world/world-fixture.ts';
import { ClientHistory } from './client-history.ts';
import { SafetyChecks } from './safety-checks.ts';

/** The checks over a world in which a client has requested a deletion, and a terminated host is still registered with ECS. */
async function createChecks(clockSteps: number) {
  const subject = new WorldFixture({ hazards: { ...NO_HAZARDS, clockSteps } });
  const { world, kernel } = subject;
  const host = world.ec2Instances.launch({
    instanceType: 'm7i.large',
    size: { cpuUnits: 2048, memoryMib: 7500, gpuCount: 0, interfaces: 2 },
    tags: { [WORKBENCH_TAG]: ID },
    attributes: {},
    imageId: world.ec2.imageId,
  });
  await subject.advance(10 * 60);
  world.ec2Instances.failHardware(host);
  await subject.advance(40 * 60);
  expect(world.staleRegistrations).toMatchObject([{ ec2Instance: host }]);
  const clients = new ClientHistory();
  clients.recordAcknowledged(clients.recordRequest(ID, 'deleted', kernel.now()), kernel.now());
  const checks = new SafetyChecks(
    world,
    clients,
    () => undefined,
    () => false,
  );
  return { checks, instanceId: host.instanceId };
}

describe('the record of a workbench with a registered host', () => {
  it.each([
    ['is not deleted', 0, true, false],
    ['is not deleted although the clock was wrong', 1, true, false],
    ['is not deleted although it has never contained the host', 0, false, false],
    ['may be deleted if the clock was wrong and it has never contained the host', 1, false, true],
  ])('%s', async (_, clockSteps, isRecorded, allowed) => {
    const { checks, instanceId } = await createChecks(clockSteps);
    if (isRecorded) checks.checkWrite(stopped({ host: aHost({ instanceId }) }), undefined, 0);
    const remove = () => checks.checkRemoval({ userId: USER, workbenchId: ID });
    if (allowed) expect(remove).not.toThrow();
    else expect(remove).toThrow(/was deleted while its container instance .* is still registered/);
  });
});

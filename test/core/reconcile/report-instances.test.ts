import { describe, expect, it } from 'vitest';
import type { ClusterInstance } from '#core/ports/cluster-cleanup.ts';
import { PortError } from '#core/ports/port-error.ts';
import { IDLE_AFTER_MS } from '#core/reconcile/report-instances.ts';
import { sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';
import { MemoryClusterCleanup } from '#test/memory/memory-cluster-cleanup.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const SETTINGS = { graceMs: 0, shard: 0, shards: 1 };
const SHARED: ClusterInstance = {
  instanceId: 'i-1',
  provider: 'staging-standard',
  registrationFailed: false,
  agentVersion: '1.106.1',
  taskCount: 1,
  registeredAt: T0,
};

/** The findings about instances in the report of a sweep at `now`. */
async function findingsAbout(change: Partial<ClusterInstance>, now = T0 + IDLE_AFTER_MS) {
  const world = new MemoryWorld();
  const cleanup = new MemoryClusterCleanup();
  cleanup.instances.push({ ...SHARED, ...change });
  world.clock.advance(now - world.clock.now());
  const { findings } = await sweepCluster({ ...world.ports, cleanup }, SETTINGS);
  return findings;
}

describe('the report of the cluster', () => {
  it('does not mention an instance with a current agent and tasks', async () => {
    for (const agentVersion of ['1.106.1', '1.106.10', '1.107.0', '2.0.0', undefined])
      expect(await findingsAbout({ agentVersion }), agentVersion).toEqual([]);
  });

  it('names instances with an old agent, of hosts too', async () => {
    for (const agentVersion of ['1.106.0', '1.99.9', '0.200.2', '1.106']) {
      expect(await findingsAbout({ agentVersion }), agentVersion).toEqual([
        { id: 'i-1', what: 'agent_outdated', why: expect.stringContaining(`version ${agentVersion}`) },
      ]);
    }
    const [finding] = await findingsAbout({ provider: undefined, agentVersion: '1.90.0' });
    expect(finding?.why).toContain('a host');
  });

  it('names a shared instance without tasks three hours after its registration', async () => {
    expect(await findingsAbout({ taskCount: 0 })).toEqual([
      { id: 'i-1', what: 'instance_idle', why: expect.stringContaining('staging-standard') },
    ]);
    expect(await findingsAbout({ taskCount: 0 }, T0 + IDLE_AFTER_MS - 1)).toEqual([]);
    expect(await findingsAbout({ taskCount: 0, provider: undefined })).toEqual([]);
    expect(await findingsAbout({ taskCount: 0, registeredAt: undefined })).toEqual([]);
  });

  it('names an instance that ECS could not register, and nothing else about it', async () => {
    expect(await findingsAbout({ registrationFailed: true, taskCount: 0, agentVersion: '1.90.0' })).toEqual([
      { id: 'i-1', what: 'registration_failed', why: expect.stringContaining('Terminate it') },
    ]);
  });

  it('reads no instances after a throttle', async () => {
    const world = new MemoryWorld();
    const cleanup = new MemoryClusterCleanup();
    cleanup.definitions.set(idAt(T0, 1), 1);
    cleanup.callsUntilThrottled = 0;
    cleanup.instances.push({ ...SHARED, agentVersion: '1.0.0' });
    const { findings } = await sweepCluster({ ...world.ports, cleanup }, SETTINGS);
    expect(findings.map(({ what }) => what)).toEqual(['throttled']);
  });

  it('is complete except for the instances if they cannot be read', async () => {
    const world = new MemoryWorld();
    const cleanup = new MemoryClusterCleanup();
    cleanup.definitions.set(idAt(T0, 1), 1);
    const throttled = overrideMethods(cleanup, {
      listInstances: () => Promise.reject(new PortError('throttled', 'Rate exceeded')),
    });
    const report = await sweepCluster({ ...world.ports, cleanup: throttled }, SETTINGS);
    expect(report).toMatchObject({ deleted: 1, findings: [{ what: 'deleted' }, { what: 'throttled' }] });
  });
});

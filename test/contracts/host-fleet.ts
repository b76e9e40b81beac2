import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { HostFleet, HostObservation, HostRequest } from '#core/ports/host-fleet.ts';
import { eventually } from './eventually.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface HostFleetSubject {
  readonly hosts: HostFleet;
  /** A request that this fleet accepts. */
  request(change?: Partial<HostRequest>): HostRequest;
  /** Lets a short time pass. */
  pass(): Promise<void>;
  /** Closes this adapter and opens another one on the same state; absent if the adapter stores nothing. */
  reopen?(): Promise<HostFleet>;
  end(): Promise<void>;
}

/** The contract of HostFleet. */
export function describeHostFleetContract(
  name: string,
  makeSubject: () => Promise<HostFleetSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of HostFleet`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: HostFleetSubject;
    let hosts: HostFleet;
    beforeEach(async () => {
      subject = await makeSubject();
      hosts = subject.hosts;
    });
    afterEach(() => subject.end());

    async function launchHost(token = 'a/host/1'): Promise<HostObservation> {
      const outcome = await hosts.launch(subject.request(), token);
      if (outcome.kind !== 'accepted') throw new Error(`refused: ${outcome.message}`);
      return outcome.host;
    }
    async function describeHost(instanceId: string): Promise<HostObservation> {
      const [host] = await hosts.describe([instanceId]);
      if (host === undefined) throw new Error('no response');
      if (host.agentConnected) expect(host.state).toBe('running');
      return host;
    }
    function waitUntil(instanceId: string, fields: Partial<HostObservation>): Promise<HostObservation> {
      return eventually(subject.pass, `${instanceId} ${JSON.stringify(fields)}`, async () => {
        const host = await describeHost(instanceId);
        return (
          Object.entries(fields).every(([key, value]) =>
            Object.entries(host).some(([k, v]) => k === key && v === value),
          ) && host
        );
      });
    }
    async function listInstanceIds(): Promise<string[]> {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await hosts.list(cursor);
        expect(page.hosts.length).toBeLessThanOrEqual(100);
        ids.push(...page.hosts.map((host) => host.instanceId));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return ids;
    }

    it('launches an instance for a workbench; its agent connects and reports the capacity', async () => {
      const host = await launchHost();
      const { workbenchId, userId } = subject.request();
      expect(host).toMatchObject({ workbenchId, userId, launchedAt: expect.any(Number) });
      const ready = await waitUntil(host.instanceId, { state: 'running', agentConnected: true });
      expect(ready.cpuUnits).toBeGreaterThan(0);
      expect(ready.memoryMib).toBeGreaterThan(0);
      expect(await listInstanceIds()).toEqual([host.instanceId]);
    });

    it('launches one instance for one client token, for sequential and concurrent calls', async () => {
      const launched = await Promise.all([launchHost(), launchHost(), launchHost()]);
      const again = await launchHost();
      expect(new Set([...launched, again].map((host) => host.instanceId)).size).toBe(1);
      const other = await launchHost('a/host/2');
      expect((await listInstanceIds()).sort()).toEqual([again.instanceId, other.instanceId].sort());
    });

    it('stops and starts an instance, which keeps its id', async () => {
      const { instanceId } = await launchHost();
      await waitUntil(instanceId, { agentConnected: true });
      await hosts.stop(instanceId);
      await waitUntil(instanceId, { state: 'stopped' });
      expect(await listInstanceIds()).toEqual([instanceId]);
      expect(await hosts.start(instanceId)).toMatchObject({ kind: 'accepted', host: { instanceId } });
      await waitUntil(instanceId, { state: 'running', agentConnected: true });
    });

    it('changes nothing when a running instance is started', async () => {
      const { instanceId } = await launchHost();
      const running = await waitUntil(instanceId, { agentConnected: true });
      expect(await hosts.start(instanceId)).toEqual({ kind: 'accepted', host: running });
    });

    it('terminates an instance, which then cannot be started and is not listed', async () => {
      const { instanceId } = await launchHost();
      await hosts.terminate(instanceId);
      await waitUntil(instanceId, { state: 'terminated' });
      expect(await listInstanceIds()).toEqual([]);
      expect(await hosts.start(instanceId)).toMatchObject({ kind: 'refused' });
      expect(await launchHost()).toMatchObject({ instanceId, state: 'terminated' });
    });

    it('accepts stop and terminate for stopped, terminated and unknown instances', async () => {
      const { instanceId } = await launchHost();
      await Promise.all([hosts.stop(instanceId), hosts.stop(instanceId)]);
      await waitUntil(instanceId, { state: 'stopped' });
      await hosts.stop(instanceId);
      await Promise.all([hosts.terminate(instanceId), hosts.terminate(instanceId)]);
      await waitUntil(instanceId, { state: 'terminated' });
      await hosts.stop(instanceId);
      await hosts.terminate(instanceId);
      await hosts.stop('unknown');
      await hosts.terminate('unknown');
      expect(await describeHost(instanceId)).toMatchObject({ state: 'terminated' });
    });

    it('describes instances in the order of the ids, unknown ones as terminated, at most 100', async () => {
      const { instanceId } = await launchHost();
      const described = await hosts.describe(['unknown', instanceId]);
      expect(described.map((host) => host.instanceId)).toEqual(['unknown', instanceId]);
      expect(described[0]).toEqual({ instanceId: 'unknown', state: 'terminated', agentConnected: false });
      await expect(hosts.describe(Array.from({ length: 101 }, () => instanceId))).rejects.toThrow();
    });

    it('returns its instances and tokens after it was closed and opened again', async (context) => {
      if (subject.reopen === undefined) return context.skip();
      const { instanceId } = await launchHost();
      await waitUntil(instanceId, { agentConnected: true });
      hosts = await subject.reopen();
      expect((await launchHost()).instanceId).toBe(instanceId);
      expect(await listInstanceIds()).toEqual([instanceId]);
    });
  });
}

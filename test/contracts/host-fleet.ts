import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { HostFleet, HostObservation, HostRequest } from '#core/ports/host-fleet.ts';
import { eventually } from './eventually.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface HostFleetSubject {
  readonly hosts: HostFleet;
  /** A request that this fleet accepts. */
  request(change?: Partial<HostRequest>): HostRequest;
  /** Lets a little time pass. */
  pass(): Promise<void>;
  /** Ends this fleet's adapter and opens another one on the same state; absent when it keeps nothing. */
  reopen?(): Promise<HostFleet>;
  end(): Promise<void>;
}

/** What every HostFleet does. */
export function describeHostFleetContract(
  name: string,
  makeSubject: () => Promise<HostFleetSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} keeps the contract of HostFleet`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: HostFleetSubject;
    let hosts: HostFleet;
    beforeEach(async () => {
      subject = await makeSubject();
      hosts = subject.hosts;
    });
    afterEach(() => subject.end());

    async function launched(token = 'a/host/1'): Promise<HostObservation> {
      const outcome = await hosts.launch(subject.request(), token);
      if (outcome.kind !== 'accepted') throw new Error(`refused: ${outcome.message}`);
      return outcome.host;
    }
    async function known(instanceId: string): Promise<HostObservation> {
      const [host] = await hosts.describe([instanceId]);
      if (host === undefined) throw new Error('no answer');
      if (host.agentConnected) expect(host.state).toBe('running');
      return host;
    }
    function reaches(instanceId: string, fields: Partial<HostObservation>): Promise<HostObservation> {
      return eventually(subject.pass, `${instanceId} ${JSON.stringify(fields)}`, async () => {
        const host = await known(instanceId);
        return (
          Object.entries(fields).every(([key, value]) =>
            Object.entries(host).some(([k, v]) => k === key && v === value),
          ) && host
        );
      });
    }
    async function listed(): Promise<string[]> {
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

    it('launches an instance for a workbench, whose agent connects and says what it offers', async () => {
      const host = await launched();
      const { workbenchId, userId } = subject.request();
      expect(host).toMatchObject({ workbenchId, userId, launchedAt: expect.any(Number) });
      const ready = await reaches(host.instanceId, { state: 'running', agentConnected: true });
      expect(ready.cpuUnits).toBeGreaterThan(0);
      expect(ready.memoryMib).toBeGreaterThan(0);
      expect(await listed()).toEqual([host.instanceId]);
    });

    it('launches one instance for one token, asked one after another and at the same time', async () => {
      const answers = await Promise.all([launched(), launched(), launched()]);
      const again = await launched();
      expect(new Set([...answers, again].map((host) => host.instanceId)).size).toBe(1);
      const other = await launched('a/host/2');
      expect((await listed()).sort()).toEqual([again.instanceId, other.instanceId].sort());
    });

    it('stops and starts an instance, which keeps its id', async () => {
      const { instanceId } = await launched();
      await reaches(instanceId, { agentConnected: true });
      await hosts.stop(instanceId);
      await reaches(instanceId, { state: 'stopped' });
      expect(await listed()).toEqual([instanceId]);
      expect(await hosts.start(instanceId)).toMatchObject({ kind: 'accepted', host: { instanceId } });
      await reaches(instanceId, { state: 'running', agentConnected: true });
    });

    it('changes nothing by starting a running instance', async () => {
      const { instanceId } = await launched();
      const running = await reaches(instanceId, { agentConnected: true });
      expect(await hosts.start(instanceId)).toEqual({ kind: 'accepted', host: running });
    });

    it('terminates an instance, which then cannot be started and is not listed', async () => {
      const { instanceId } = await launched();
      await hosts.terminate(instanceId);
      await reaches(instanceId, { state: 'terminated' });
      expect(await listed()).toEqual([]);
      expect(await hosts.start(instanceId)).toMatchObject({ kind: 'refused' });
      expect(await launched()).toMatchObject({ instanceId, state: 'terminated' });
    });

    it('takes stop and terminate of what is stopped, terminated or unknown without complaint', async () => {
      const { instanceId } = await launched();
      await Promise.all([hosts.stop(instanceId), hosts.stop(instanceId)]);
      await reaches(instanceId, { state: 'stopped' });
      await hosts.stop(instanceId);
      await Promise.all([hosts.terminate(instanceId), hosts.terminate(instanceId)]);
      await reaches(instanceId, { state: 'terminated' });
      await hosts.stop(instanceId);
      await hosts.terminate(instanceId);
      await hosts.stop('unknown');
      await hosts.terminate('unknown');
      expect(await known(instanceId)).toMatchObject({ state: 'terminated' });
    });

    it('describes in the order asked, the unknown as terminated, and no more than 100', async () => {
      const { instanceId } = await launched();
      const answers = await hosts.describe(['unknown', instanceId]);
      expect(answers.map((host) => host.instanceId)).toEqual(['unknown', instanceId]);
      expect(answers[0]).toEqual({ instanceId: 'unknown', state: 'terminated', agentConnected: false });
      await expect(hosts.describe(Array.from({ length: 101 }, () => instanceId))).rejects.toThrow();
    });

    it('knows its instances and tokens after it was closed and opened again', async (context) => {
      if (subject.reopen === undefined) return context.skip();
      const { instanceId } = await launched();
      await reaches(instanceId, { agentConnected: true });
      hosts = await subject.reopen();
      expect((await launched()).instanceId).toBe(instanceId);
      expect(await listed()).toEqual([instanceId]);
    });
  });
}

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HostRecord, SimulatedHosts } from '#adapters/local/hosts/simulated-hosts.ts';
import type { HostObservation, HostOutcome } from '#core/ports/host-fleet.ts';
import { describeHostFleetContract } from '#test/contracts/host-fleet.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { FullDiskRecords } from '../full-disk-records.ts';

const LARGE = { name: 'm5.large', cpuUnits: 2048, memoryMib: 7680, gpuCount: 0 };
const REQUEST = { userId: 'alice', workbenchId: 'wb1', instanceType: 'm5.large', generation: 1 };

describeHostFleetContract('SimulatedHosts', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'wb-hosts-'));
  const timers = new ManualClock();
  let hosts = await SimulatedHosts.open({ dataDir, instanceTypes: [LARGE], timers });
  return {
    hosts,
    request: (change) => ({ ...REQUEST, ...change }),
    pass: () => timers.advanceAsync(250),
    reopen: async () => {
      await hosts.close();
      hosts = await SimulatedHosts.open({ dataDir, instanceTypes: [LARGE], timers });
      return hosts;
    },
    end: async () => {
      await hosts.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
});

describe('SimulatedHosts', () => {
  let dataDir: string;
  let timers: ManualClock;
  let observed: HostObservation[];
  let hosts: SimulatedHosts;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'wb-hosts-'));
    timers = new ManualClock();
    observed = [];
    hosts = await open();
  });
  afterEach(async () => {
    await hosts.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  function open(): Promise<SimulatedHosts> {
    return SimulatedHosts.open({
      dataDir,
      instanceTypes: [LARGE],
      timers,
      onChange: (observation) => observed.push(observation),
    });
  }
  async function reopen(): Promise<void> {
    await hosts.close();
    observed = [];
    hosts = await open();
  }
  function idOf(outcome: HostOutcome): string {
    if (outcome.kind !== 'accepted') throw new Error(outcome.message);
    return outcome.host.instanceId;
  }
  async function describeHost(id: string): Promise<HostObservation | undefined> {
    return (await hosts.describe([id]))[0];
  }
  async function reported(): Promise<unknown[]> {
    await hosts.close();
    return observed.map((host) => [host.state, host.agentConnected]);
  }

  it('uses instance ids that show the simulation', async () => {
    expect(idOf(await hosts.launch(REQUEST, 't'))).toMatch(/^sim-[0-9a-f]{17}$/);
  });

  it('takes three seconds to launch, and half a second more until the agent is connected', async () => {
    const id = idOf(await hosts.launch(REQUEST, 't'));
    timers.advance(2999);
    expect(await describeHost(id)).toMatchObject({ state: 'pending' });
    timers.advance(1);
    const running = await describeHost(id);
    expect(running).toMatchObject({ state: 'running', agentConnected: false });
    expect(running?.cpuUnits).toBeUndefined();
    timers.advance(500);
    expect(await describeHost(id)).toMatchObject({ agentConnected: true, cpuUnits: 2048, memoryMib: 7680 });
  });

  it('takes two seconds each to stop and to start, and cannot be started while it stops', async () => {
    const id = idOf(await hosts.launch(REQUEST, 't'));
    timers.advance(5000);
    await hosts.stop(id);
    timers.advance(1999);
    expect(await describeHost(id)).toMatchObject({ state: 'stopping', agentConnected: false });
    expect(await hosts.start(id)).toMatchObject({ kind: 'refused', retryable: true });
    timers.advance(1);
    expect(await describeHost(id)).toMatchObject({ state: 'stopped' });
    await hosts.start(id);
    timers.advance(1999);
    expect(await describeHost(id)).toMatchObject({ state: 'pending' });
    timers.advance(1);
    expect(await describeHost(id)).toMatchObject({ state: 'running' });
  });

  it('reports all changes in order', async () => {
    const id = idOf(await hosts.launch(REQUEST, 't'));
    timers.advance(5000);
    await hosts.terminate(id);
    timers.advance(5000);
    expect(await reported()).toEqual([
      ['pending', false],
      ['running', false],
      ['running', true],
      ['shutting-down', false],
      ['terminated', false],
    ]);
  });

  it('stays stopped when it was stopped during its launch', async () => {
    const id = idOf(await hosts.launch(REQUEST, 't'));
    await hosts.stop(id);
    timers.advance(60_000);
    expect(await describeHost(id)).toMatchObject({ state: 'stopped', agentConnected: false });
  });

  it('refuses an unknown instance type', async () => {
    const outcome = await hosts.launch({ ...REQUEST, instanceType: 'x9.huge' }, 't');
    expect(outcome).toMatchObject({ kind: 'refused', code: 'cannot_fit', retryable: false });
    expect((await hosts.list()).hosts).toEqual([]);
  });

  it('has stopped all hosts after a restart, and terminated those that were shutting down', async () => {
    const running = idOf(await hosts.launch(REQUEST, 'a'));
    const stopping = idOf(await hosts.launch(REQUEST, 'b'));
    const terminating = idOf(await hosts.launch(REQUEST, 'c'));
    timers.advance(5000);
    const starting = idOf(await hosts.launch(REQUEST, 'd'));
    await hosts.stop(stopping);
    await hosts.terminate(terminating);
    await reopen();
    const states = (await hosts.describe([running, stopping, starting, terminating])).map(
      (host) => host.state,
    );
    expect(states).toEqual(['stopped', 'stopped', 'stopped', 'terminated']);
    expect(observed).toHaveLength(4);
    timers.advance(60_000);
    expect(await describeHost(running)).toMatchObject({ state: 'stopped', agentConnected: false });
    expect(idOf(await hosts.launch(REQUEST, 'a'))).toBe(running);
  });

  it('removes a terminated instance after a day, and not before', async () => {
    const id = idOf(await hosts.launch(REQUEST, 't'));
    await hosts.terminate(id);
    timers.advance(23 * 3_600_000);
    await hosts.launch(REQUEST, 'u');
    expect(await describeHost(id)).toMatchObject({ workbenchId: 'wb1', state: 'terminated' });
    timers.advance(2 * 3_600_000);
    await hosts.launch(REQUEST, 'v');
    expect(await describeHost(id)).toEqual({ instanceId: id, state: 'terminated', agentConnected: false });
    await hosts.close();
    await expect.poll(() => readdir(join(dataDir, 'hosts'))).toHaveLength(2);
  });

  it('has no instance after a launch that cannot be stored, and launches it later with the same token', async () => {
    const { disk, onDisk } = openOnDisk();
    const full = await onDisk;
    disk.isFull = true;
    const launches = [1, 2].map(() => full.launch(REQUEST, 't'));
    for (const launch of launches) await expect(launch).rejects.toMatchObject({ kind: 'no_space' });
    expect((await full.list()).hosts).toEqual([]);
    expect(timers.scheduledCount).toBe(0);
    expect(observed).toEqual([]);
    disk.isFull = false;
    expect(await full.launch(REQUEST, 't')).toMatchObject({ kind: 'accepted', host: { state: 'pending' } });
    await full.close();
  });

  it('stops instances on a full disk, and stores that they are stopped when there is space again', async () => {
    const { disk, onDisk } = openOnDisk();
    const full = await onDisk;
    const id = idOf(await full.launch(REQUEST, 't'));
    await timers.advanceAsync(5000);
    disk.isFull = true;
    await full.stop(id);
    await timers.advanceAsync(2000);
    expect(await full.describe([id])).toEqual([expect.objectContaining({ state: 'stopped' })]);
    await expect.poll(() => observed.at(-1)?.state).toBe('stopped');
    expect([...disk.stored.values()]).toEqual([expect.objectContaining({ state: 'running' })]);
    disk.isFull = false;
    await timers.advanceAsync(5000);
    await expect
      .poll(() => [...disk.stored.values()])
      .toEqual([expect.objectContaining({ state: 'stopped' })]);
    await full.close();
  });

  function openOnDisk() {
    const disk = new FullDiskRecords<HostRecord>(({ instanceId }) => instanceId);
    const onChange = (observation: HostObservation) => void observed.push(observation);
    const onDisk = SimulatedHosts.open({ dataDir, instanceTypes: [LARGE], timers, records: disk, onChange });
    return { disk, onDisk };
  }
});

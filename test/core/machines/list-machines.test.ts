import { describe, expect, it } from 'vitest';
import { assembleMachines } from '#core/machines/list-machines.ts';
import type { MachineObservation } from '#core/ports/machine-inventory.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  idAt,
  pending,
  running,
  starting,
  stopped,
  T0,
} from '#test/builders/workbench.ts';
import { aMachine } from '#test/memory/memory-machine-inventory.ts';
import { PROVIDERS } from '#test/memory/memory-world.ts';

const assemble = (machines: readonly MachineObservation[], records: readonly Workbench[] = []) =>
  assembleMachines({ machines }, records, PROVIDERS);

const onInstance = (n: number, containerInstance: string | undefined) =>
  running({
    workbenchId: idAt(T0, n),
    run: acceptedRun(containerInstance === undefined ? {} : { containerInstance }),
  });

describe('the machines', () => {
  it('are sorted by id, each with the workbenches whose task is on it', () => {
    const machines = assemble(
      [
        aMachine({ machineId: 'i-2', containerInstance: 'ci-2' }),
        aMachine({ machineId: 'i-1', containerInstance: 'ci-1' }),
      ],
      [onInstance(3, 'ci-2'), onInstance(2, 'ci-1'), onInstance(1, 'ci-1'), onInstance(4, 'ci-3')],
    );
    expect(machines.map(({ machineId, workbenches }) => [machineId, workbenches])).toEqual([
      [
        'i-1',
        [
          { workbenchId: idAt(T0, 1), userId: 'ada', name: 'AutoCyber', status: 'running' },
          { workbenchId: idAt(T0, 2), userId: 'ada', name: 'AutoCyber', status: 'running' },
        ],
      ],
      ['i-2', [expect.objectContaining({ workbenchId: idAt(T0, 3) })]],
    ]);
  });

  it('have no workbench that waits for capacity, and none without a task', () => {
    const waiting = pending({ run: acceptedRun() });
    const [machine] = assemble([aMachine()], [waiting, starting(), stopped()]);
    expect(machine?.workbenches).toEqual([]);
  });

  it('count the network interfaces of their provider, with and without a trunk interface', () => {
    const [trunked, untrunked] = assemble([
      aMachine({ machineId: 'i-1', tasks: 2 }),
      aMachine({ machineId: 'i-2', tasks: 4, trunked: false }),
    ]);
    expect(trunked?.capacity).toEqual({ cpuUnits: 2048, memoryMib: 4096, gpuCount: 0, interfaces: 20 });
    expect(trunked?.free?.interfaces).toBe(18);
    expect(untrunked?.capacity?.interfaces).toBe(3);
    expect(untrunked?.free?.interfaces).toBe(0);
  });

  it('of an unknown provider have no limit of network interfaces', () => {
    const { provider: _none, ...foreign } = aMachine();
    const [machine] = assemble([foreign]);
    expect(machine).not.toHaveProperty('provider');
    expect(machine?.capacity).toEqual({ cpuUnits: 2048, memoryMib: 4096, gpuCount: 0 });
  });

  it('report an agent that is too old', () => {
    const outdated = (agentVersion: string) => assemble([aMachine({ agentVersion })])[0]?.agent;
    expect(outdated('1.105.9')).toEqual({ connected: true, version: '1.105.9', outdated: true });
    expect(outdated('1.106.1')).toMatchObject({ outdated: false });
  });

  it('include a host with its workbench, whose record knows that the host is stopped', () => {
    const { provider: _none, ...host } = aMachine({ machineId: 'i-host', dedicated: true });
    const record = stopped({ host: aHost({ instanceId: 'i-host', state: 'stopped' }) });
    expect(assemble([{ ...host, agentConnected: false }], [record])).toMatchObject([
      {
        machineId: 'i-host',
        provider: 'dedicated',
        state: 'stopped',
        workbenches: [{ workbenchId: record.workbenchId, status: 'stopped' }],
      },
    ]);
    const live = running({ host: aHost({ instanceId: 'i-host' }) });
    expect(assemble([{ ...host, state: 'draining' }], [live])[0]?.state).toBe('draining');
  });

  it.each([
    ['pending', false, 'starting'],
    ['running', false, 'starting'],
    ['running', true, 'active'],
    ['shutting-down', false, 'stopping'],
    ['stopped', false, 'stopped'],
  ] as const)(
    'include a host that is %s and not registered, from its record',
    (state, agentConnected, expected) => {
      const record = starting({ host: aHost({ instanceId: 'i-host', state, agentConnected }) });
      expect(assemble([], [record])).toEqual([
        {
          machineId: 'i-host',
          provider: 'dedicated',
          instanceType: 'm7i.large',
          state: expected,
          agent: { connected: agentConnected, outdated: false },
          workbenches: [expect.objectContaining({ workbenchId: record.workbenchId })],
        },
      ]);
    },
  );

  it('do not include a host that has no instance yet', () => {
    const { instanceId: _none, ...requested } = aHost({ state: 'requested' });
    expect(assemble([], [starting({ host: requested })])).toEqual([]);
  });

  it('are the computer alone in local mode, with its own limit', () => {
    const {
      containerInstance: _none,
      agentVersion: _no,
      ...local
    } = aMachine({
      machineId: 'local',
      provider: 'local',
      tasks: 1,
      capacity: { cpuUnits: 2048, memoryMib: 4096, gpuCount: 0, interfaces: 5 },
    });
    const [machine] = assemble([local], [onInstance(1, undefined)]);
    expect(machine).not.toHaveProperty('agent');
    expect(machine?.free?.interfaces).toBe(4);
    expect(machine?.workbenches).toHaveLength(1);
  });
});

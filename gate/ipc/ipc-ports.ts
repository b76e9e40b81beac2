import { PortError } from '#core/ports/port-error.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { decodeRecord } from '#core/workbench/record-codec.ts';
import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import type { RunningWorkbenches } from '#gate/forward-auth/running-workbenches.ts';
import type { FailedCommand, GatePorts } from '#gate/ports.ts';
import { type ControllerClient, UnreadableResult } from './controller-client.ts';
import type { ArgumentOf, ResultOf } from './messages.ts';

/** The ports of the gate in local mode: requests to the controller, which has the records. */
export type IpcPorts = Omit<GatePorts, 'telemetry'> & { readonly running: RunningWorkbenches };

export function ipcPorts(client: Pick<ControllerClient, 'call'>): IpcPorts {
  return {
    workbenches: {
      async findByWorkbenchId(workbenchId) {
        return (await client.call('findWorkbench', { workbenchId })) ?? undefined;
      },
      read: (key) => readWorkbench(client, key),
    },
    running: { list: () => client.call('listRunning', {}) },
    shares: { listByWorkbench: (workbenchId) => client.call('listShares', { workbenchId }) },
    tickets: {
      async create(ticket) {
        await client.call('createTicket', ticket);
      },
      async read(hash) {
        return (await client.call('readTicket', { hash })) ?? undefined;
      },
      async burn(hash) {
        return (await client.call('burnTicket', { hash })) ?? undefined;
      },
    },
    cutoffs: {
      async raise(userId, at, issuerSession) {
        const session = issuerSession === undefined ? {} : { issuerSession };
        await client.call('raiseCutoff', { userId, at, ...session });
      },
      read: (userId) => client.call('readCutoffs', { userId }),
    },
    activity: {
      async record(workbenchId, at) {
        await client.call('recordActivity', { workbenchId, at });
      },
      readEvidence: (workbenchId, runId) => client.call('readEvidence', { workbenchId, runId }),
    },
    audit: {
      async append(event) {
        await client.call('appendAudit', { event, once: false });
      },
      async appendOnce(event) {
        await client.call('appendAudit', { event, once: true });
      },
    },
    startTimes: { list: () => client.call('listStartTimes', {}) },
    commands: {
      start: (userId, workbenchId) => runCommand(client, 'startWorkbench', { userId, workbenchId }),
      stop: (userId, workbenchId) => runCommand(client, 'stopWorkbench', { userId, workbenchId }),
      previewLink: (userId, code) => runCommand(client, 'previewLink', { userId, code }),
      redeemLink: (userId, code) => runCommand(client, 'redeemLink', { userId, code }),
    },
  };
}

async function runCommand<C extends 'startWorkbench' | 'stopWorkbench' | 'previewLink' | 'redeemLink'>(
  client: Pick<ControllerClient, 'call'>,
  call: C,
  argument: ArgumentOf<C>,
): Promise<ResultOf<C> | FailedCommand> {
  try {
    return await client.call(call, argument);
  } catch (error) {
    if (error instanceof PortError) return { kind: 'unavailable' };
    throw error;
  }
}

async function readWorkbench(
  client: Pick<ControllerClient, 'call'>,
  { userId, workbenchId }: WorkbenchKey,
): Promise<Workbench | undefined> {
  try {
    const stored = await client.call('readWorkbench', { userId, workbenchId });
    return stored === null ? undefined : decodeRecord(stored);
  } catch (error) {
    if (!(error instanceof UnreadableResult)) throw error;
    throw new UnreadableRecord({ userId, workbenchId }, error);
  }
}

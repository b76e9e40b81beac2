import { expect, it } from 'vitest';
import { systemTimers } from '#adapters/local/timers.ts';
import { ControllerClient } from '#gate/ipc/controller-client.ts';
import { type IpcPorts, ipcPorts } from '#gate/ipc/ipc-ports.ts';
import { GateRequests, type GateStores } from '#local/gate-requests.ts';
import { aShare } from '#test/builders/share.ts';
import { ID, idAt, T0 } from '#test/builders/workbench.ts';
import { describeActivityStoreContract } from '#test/contracts/activity-store.ts';
import { describeSessionCutoffStoreContract } from '#test/contracts/session-cutoff-store.ts';
import { describeTicketStoreContract } from '#test/contracts/ticket-store.ts';
import { memoryStores } from '#test/memory/memory-stores.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

/** The gate's side of a channel to these stores. Messages are JSON, as between two processes. */
function connect(stores: GateStores): IpcPorts {
  const requests = new GateRequests(stores, new TelemetryRecorder());
  const client = new ControllerClient({
    timers: systemTimers,
    async send(message, sent) {
      sent(null);
      if (message.type !== 'request') return;
      const response = await requests.respond(JSON.parse(JSON.stringify(message)));
      if (response !== undefined) client.receive(JSON.parse(JSON.stringify(response)));
    },
  });
  return ipcPorts(client);
}

describeTicketStoreContract('the channel of the gate', async () => ({
  store: connect(memoryStores()).tickets,
  dispose: async () => {},
}));

describeSessionCutoffStoreContract('the channel of the gate', async () => ({
  store: connect(memoryStores()).cutoffs,
  dispose: async () => {},
}));

describeActivityStoreContract('the channel of the gate', async () => {
  const stores = memoryStores();
  const { activity } = stores;
  const { record } = connect(stores).activity;
  // The controller takes reports, reads and deletes.
  return {
    store: {
      record,
      report: (...args) => activity.report(...args),
      readEvidence: (workbenchId, runId) => activity.readEvidence(workbenchId, runId),
      read: (ids) => activity.read(ids),
      delete: (id) => activity.delete(id),
    },
    dispose: async () => {},
  };
});

it('returns the shares of one workbench over the channel of the gate', async () => {
  const stores = memoryStores();
  const shares = [
    aShare({ role: 'manage', expiresAt: T0 + 1 }),
    aShare({ grantee: { kind: 'group', group: 'data science/ä' } }),
    aShare({ grantee: { kind: 'organisation' } }),
  ];
  for (const share of [...shares, aShare({ workbenchId: idAt(T0, 2) })]) await stores.shares.put(share);
  const { listByWorkbench } = connect(stores).shares;
  expect(new Set(await listByWorkbench(ID))).toEqual(new Set(shares));
  expect(await listByWorkbench(idAt(T0, 3))).toEqual([]);
});

it('returns how long starts took over the channel of the gate', async () => {
  const stores = memoryStores();
  await stores.startTimes.add(
    { kind: 'later', instanceType: 'm6i.large', tookMs: 20_000, at: Date.now() },
    19,
  );
  const listed = await connect(stores).startTimes.list();
  expect(listed).toEqual([
    expect.objectContaining({
      kind: 'later',
      instanceType: 'm6i.large',
      count: 1,
      p50Ms: expect.any(Number),
    }),
  ]);
});

import { beforeEach, describe, expect, it } from 'vitest';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { encodeRecord } from '#core/workbench/record-codec.ts';
import { ControllerClient } from '#gate/ipc/controller-client.ts';
import { ipcPorts } from '#gate/ipc/ipc-ports.ts';
import { CALL_TIMEOUT_MS, CALLS_MAX, type GateRequestMessage } from '#gate/ipc/messages.ts';
import { running } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

let timers: ManualClock;
let sent: GateRequestMessage[];
/** Ends the transfer of each message that was sent. */
let transfers: ((error: Error | null) => void)[];
let client: ControllerClient;

beforeEach(() => {
  timers = new ManualClock();
  sent = [];
  transfers = [];
  client = new ControllerClient({
    send: (message, done) => {
      if (message.type === 'request') sent.push(message);
      transfers.push(done);
    },
    timers,
    now: () => timers.elapsed(),
  });
});

const find = () => client.call('findWorkbench', { workbenchId: 'w' });
const unavailable = { name: 'PortError', kind: 'unavailable' };

describe('a request to the controller', () => {
  it('returns the result with its id, in any order of the results', async () => {
    const [first, second] = [find(), find()];
    const [a, b] = sent;
    client.receive({ type: 'result', id: b?.id ?? 0, result: { userId: 'b', workbenchId: 'w' } });
    client.receive({ type: 'result', id: a?.id ?? 0, result: null });
    expect(await first).toBeNull();
    expect(await second).toEqual({ userId: 'b', workbenchId: 'w' });
    expect(timers.scheduledCount).toBe(0);
  });

  it('fails with unavailable after two seconds, and ignores the late result', async () => {
    const request = expect(find()).rejects.toMatchObject(unavailable);
    expect(sent[0]?.deadline).toBe(timers.elapsed() + CALL_TIMEOUT_MS);
    timers.advance(CALL_TIMEOUT_MS);
    await request;
    client.receive({ type: 'result', id: sent[0]?.id ?? 0, result: null });
  });

  it('fails at once when the channel is closed', async () => {
    const request = expect(find()).rejects.toMatchObject(unavailable);
    transfers[0]?.(new Error('channel closed'));
    await request;
    expect(timers.scheduledCount).toBe(0);
  });

  it('fails at once while too many wait, and works again afterwards', async () => {
    const waiting = Array.from({ length: CALLS_MAX }, () => find().catch(() => {}));
    await expect(find()).rejects.toMatchObject(unavailable);
    expect(sent).toHaveLength(CALLS_MAX);
    for (const done of transfers) done(null);
    timers.advance(CALL_TIMEOUT_MS);
    await Promise.all(waiting);
    find().catch(() => {});
    expect(sent).toHaveLength(CALLS_MAX + 1);
  });

  it('is not sent while the controller takes no messages, also after earlier ones have timed out', async () => {
    const waiting = Array.from({ length: CALLS_MAX }, () => find().catch(() => {}));
    timers.advance(CALL_TIMEOUT_MS);
    await Promise.all(waiting);
    await expect(find()).rejects.toMatchObject(unavailable);
    expect(sent).toHaveLength(CALLS_MAX);
  });

  it.each(['throttled', 'no_space', 'unavailable'] as const)(
    'fails as the controller did: %s',
    async (kind) => {
      const request = expect(find()).rejects.toMatchObject({ name: 'PortError', kind });
      client.receive({ type: 'failure', id: sent[0]?.id ?? 0, failure: { kind, message: 'm' } });
      await request;
    },
  );
});

describe('a record', () => {
  const workbench = running();
  const read = () => ipcPorts(client).workbenches.read(workbench);
  const respond = (result: unknown) =>
    client.receive({ type: 'result', id: sent[0]?.id ?? 0, result: JSON.parse(JSON.stringify(result)) });

  it('is the same after its way through the channel', async () => {
    const record = read();
    respond(encodeRecord(workbench));
    expect(await record).toEqual(workbench);
    expect(sent[0]?.argument).toEqual({ userId: workbench.userId, workbenchId: workbench.workbenchId });
  });

  it('that does not exist is undefined', async () => {
    const record = read();
    respond(null);
    expect(await record).toBeUndefined();
  });

  it('that the controller cannot read is unreadable', async () => {
    const record = expect(read()).rejects.toBeInstanceOf(UnreadableRecord);
    client.receive({ type: 'failure', id: sent[0]?.id ?? 0, failure: { kind: 'unreadable', message: 'm' } });
    await record;
  });
});

describe('a command', () => {
  const start = () => ipcPorts(client).commands.start('me', 'w');

  it('has the result of the controller', async () => {
    const result = start();
    expect(sent[0]).toMatchObject({ call: 'startWorkbench', argument: { userId: 'me', workbenchId: 'w' } });
    client.receive({ type: 'result', id: sent[0]?.id ?? 0, result: { kind: 'accepted' } });
    expect(await result).toEqual({ kind: 'accepted' });
  });

  it('is unavailable if the controller does not respond: it may have had its effect', async () => {
    const result = start();
    timers.advance(CALL_TIMEOUT_MS);
    expect(await result).toEqual({ kind: 'unavailable' });
  });
});

it('activity is sent to the controller', async () => {
  const recorded = ipcPorts(client).activity.record('w', 5);
  expect(sent[0]).toMatchObject({ call: 'recordActivity', argument: { workbenchId: 'w', at: 5 } });
  client.receive({ type: 'result', id: sent[0]?.id ?? 0, result: null });
  await recorded;
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { BODY_DEADLINE_MS, readForm } from '#gate/form-body.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';
import { openSignedInGate } from './open-signed-in-gate.ts';

/** Opens a gate with a form, and sends the head and the first byte of a request to it. */
async function sendFirstByte(readsForm: boolean) {
  const begun = Promise.withResolvers<OwnRequest>();
  const route: OwnRoute = {
    method: 'POST',
    path: '/.wb/form',
    on: 'any',
    from: 'any',
    handle: async (asked) => {
      begun.resolve(asked);
      const form = readsForm ? await readForm(asked.request, 16_384) : undefined;
      asked.response.end(form?.get('a') ?? 'not read');
    },
  };
  const gate = await openSignedInGate({ ownRoutes: [route] });
  const socket = connect(gate.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write('POST /.wb/form HTTP/1.1\r\nHost: wb.example\r\n');
  socket.write('Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n\r\na');
  await begun.promise;
  return { ...gate, socket };
}

test('responds with 408 to a form that is not complete in time, and closes the connection', async () => {
  const { socket, timers, telemetry } = await sendFirstByte(true);
  const received = text(socket);
  await timers.advanceAsync(BODY_DEADLINE_MS);
  expect(await received).toMatch(/^HTTP\/1\.1 408 /);
  expect(telemetry.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

test('closes the connection if the response was sent before the body was complete', async () => {
  const { socket, timers } = await sendFirstByte(false);
  const received = text(socket);
  await timers.advanceAsync(BODY_DEADLINE_MS);
  expect(await received).toMatch(/^HTTP\/1\.1 200 /);
});

test('accepts a form that is complete in time', async () => {
  const { socket, timers } = await sendFirstByte(true);
  await timers.advanceAsync(BODY_DEADLINE_MS - 1);
  socket.write('=one');
  const [received] = await once(socket, 'data');
  expect(String(received)).toMatch(/^HTTP\/1\.1 200 .*one$/s);
});

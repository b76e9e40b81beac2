import { get } from 'node:http';
import { connect } from 'node:tls';
import { errorCode } from '../../system-error.ts';
import type { Timers } from '../timers.ts';
import { type EndpointTarget, parseEndpoint } from './endpoint.ts';

/** What one request has shown of a program that is not ready. */
export type NotReady =
  /** Nothing listens there. */
  | { readonly kind: 'refused' }
  /** It closed the connection without a response. */
  | { readonly kind: 'reset' }
  /** It sent no response in this time. */
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'tls' }
  /** It responded with a status of 500 or above. */
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'not_http' };

export type Seen = { readonly kind: 'ready' } | NotReady;

/** Errors of connecting when nothing listens at an address, or when this computer does not have the address. */
const REFUSED = ['ECONNREFUSED', 'ENOENT', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH', 'EHOSTUNREACH'];

/**
 * Sends one request to the endpoint. A status below 500 counts as ready: a login page or a 404 is enough. The health check on
 * AWS has the same rule (`HEALTH_PROBE`).
 */
export async function probeHttp(
  endpoint: string,
  timeoutMs: number,
  timers: Timers,
  signal: AbortSignal,
): Promise<Seen> {
  const target = parseEndpoint(endpoint);
  const seen = await sendRequest(target, timeoutMs, timers, signal);
  // A TLS server either closes the connection, or sends an alert, which is no HTTP either.
  const mayBeTls = seen.kind === 'reset' && !signal.aborted;
  return mayBeTls && (await respondsToTls(target, timeoutMs, timers, signal)) ? { kind: 'tls' } : seen;
}

function sendRequest(
  { pathname, ...address }: EndpointTarget,
  timeoutMs: number,
  timers: Timers,
  signal: AbortSignal,
): Promise<Seen> {
  return new Promise((resolve) => {
    const request = get({ ...address, path: pathname, agent: false, signal });
    const cancel = timers.after(timeoutMs, () => settle({ kind: 'timeout', afterMs: timeoutMs }));
    const settle = (seen: Seen) => {
      cancel();
      resolve(seen);
      request.destroy();
    };
    request.once('response', ({ statusCode = 500 }) =>
      settle(statusCode < 500 ? { kind: 'ready' } : { kind: 'status', status: statusCode }),
    );
    // A response with status 101 has no other event.
    request.once('upgrade', () => settle({ kind: 'not_http' }));
    request.on('error', (error) => settle(toNotReady(error)));
  });
}

function toNotReady(error: Error): NotReady {
  const code = errorCode(error);
  if (REFUSED.includes(code)) return { kind: 'refused' };
  if (!code.startsWith('HPE_')) return { kind: 'reset' };
  return { kind: isTlsAlert(error) ? 'tls' : 'not_http' };
}

/** Whether a TLS record of type alert was received instead of an HTTP response: its first bytes are 0x15 0x03. */
function isTlsAlert(error: Error): boolean {
  const received = 'rawPacket' in error ? error.rawPacket : undefined;
  return Buffer.isBuffer(received) && received[0] === 0x15 && received[1] === 0x03;
}

/** Whether the endpoint takes part in a TLS handshake. */
function respondsToTls(
  target: EndpointTarget,
  timeoutMs: number,
  timers: Timers,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    // Nothing is sent over this connection, so that the certificate does not matter.
    const address =
      'socketPath' in target ? { path: target.socketPath } : { host: target.host, port: target.port };
    const socket = connect({ ...address, rejectUnauthorized: false });
    const settle = (isTls: boolean) => {
      cancel();
      signal.removeEventListener('abort', abort);
      resolve(isTls);
      socket.destroy();
    };
    const abort = () => settle(false);
    const cancel = timers.after(timeoutMs, abort);
    signal.addEventListener('abort', abort);
    socket.once('secureConnect', () => settle(true));
    // An alert, for example about a missing client certificate, comes from a TLS server.
    socket.on('error', (error) => settle(errorCode(error).includes('_ALERT_')));
  });
}

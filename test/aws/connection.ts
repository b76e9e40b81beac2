import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

export const REGION = 'eu-central-1';

/** A machine under load answers late: time-outs are long here, and only there to end what is stuck. Milliseconds. */
const TIMEOUT_MS = 30_000;

/** What the adapters' clients take to reach an emulator. */
export function connectionTo(emulator: 'moto' | 'ministack') {
  return connection(inject('emulators')[emulator]);
}

export function connection(endpoint: string) {
  return { ...sdkConfig(endpoint), connectionTimeoutMs: TIMEOUT_MS, requestTimeoutMs: TIMEOUT_MS };
}

/** What the SDK's own take. Signatures are made, and not checked. */
export function sdkConfig(endpoint: string) {
  return { endpoint, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}

/**
 * A name that nothing else on the emulators has, of letters and digits. All are of one length: moto takes a
 * cluster for another whose name it holds.
 */
export function uniqueName(prefix: string): string {
  return `${prefix}${randomBytes(6).toString('hex')}`;
}

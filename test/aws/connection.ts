import { randomBytes } from 'node:crypto';
import { inject, type ProvidedContext } from 'vitest';

export const REGION = 'eu-central-1';

/** Long, because emulators respond slowly under load. The timeout only ends calls that hang. Milliseconds. */
const TIMEOUT_MS = 30_000;

/** The emulators that all test files share. */
export type EmulatorName = keyof ProvidedContext['emulators'];

/** The options with which the adapters' clients reach an emulator. */
export function connectionTo(emulator: EmulatorName) {
  return connection(inject('emulators')[emulator]);
}

export function connection(endpoint: string) {
  return { ...sdkConfig(endpoint), connectionTimeoutMs: TIMEOUT_MS, requestTimeoutMs: TIMEOUT_MS };
}

/** The options of the SDK's own clients. The emulators do not verify signatures. */
export function sdkConfig(endpoint: string) {
  return { endpoint, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}

/**
 * A name of letters and digits that is unique on the emulators. All names with one prefix have the same length, because moto
 * confuses clusters if the name of one contains that of another.
 */
export function uniqueName(prefix: string): string {
  return `${prefix}${randomBytes(6).toString('hex')}`;
}

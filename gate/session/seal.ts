import { createHmac } from 'node:crypto';
import { errors, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '#core/ports/clock.ts';

/** What a sealed value is for. A value that was sealed for one purpose cannot be unsealed for another. */
export type SealPurpose =
  | 'sign-in-session'
  | 'workbench-session'
  | 'sign-in-state'
  | 'entry'
  | 'known-browser'
  | 'share-link'
  | 'share-link-form';

export interface SealKey {
  /** Derived from the secret, so that the keys of a rotation need no names. */
  readonly id: string;
  readonly secret: Uint8Array;
}

/** Values are sealed with the current key. Those of the previous key stay valid, so that a rotation ends no session. */
export interface SealKeys {
  readonly current: SealKey;
  readonly previous?: SealKey;
}

/** Browsers store a cookie of at most 4,096 bytes, with its name. */
export const SEALED_MAX_LENGTH = 3_900;

/** HMAC-SHA256 needs a key of at least the length of its result (RFC 7518, section 3.2). */
export const SEAL_SECRET_MIN_BYTES = 32;

/** @throws Error if a secret is too short; the message does not contain it */
export function createSealKeys(current: string, previous?: string): SealKeys {
  return {
    current: createSealKey(current),
    ...(previous === undefined ? {} : { previous: createSealKey(previous) }),
  };
}

function createSealKey(text: string): SealKey {
  const secret = Buffer.from(text, 'utf8');
  if (secret.length < SEAL_SECRET_MIN_BYTES) {
    throw new Error(`a key of the gate's cookies has fewer than ${SEAL_SECRET_MIN_BYTES} bytes`);
  }
  const id = createHmac('sha256', secret).update('id of the key').digest('base64url').slice(0, 12);
  return { id, secret };
}

/** Seals values and unseals them. */
export type Sealing = Pick<Seal, 'seal' | 'unseal'>;

/**
 * Signs small objects so that a browser can keep them and cannot change them. They are not encrypted: the browser's user
 * can read them. A sealed value is a JWT with HMAC-SHA256; its type is the purpose.
 */
export class Seal {
  readonly #keys: () => Promise<SealKeys>;
  readonly #clock: Clock;

  /** @param keys returns the keys; it caches them itself */
  constructor(keys: () => Promise<SealKeys>, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /**
   * @param expiresAt milliseconds since 1970
   * @throws Error if the sealed value would be longer than SEALED_MAX_LENGTH, and the errors of `keys`
   */
  async seal(
    purpose: SealPurpose,
    content: Readonly<Record<string, unknown>>,
    expiresAt: number,
  ): Promise<string> {
    const { current } = await this.#keys();
    const sealed = await new SignJWT({ ...content })
      .setProtectedHeader({ alg: 'HS256', kid: current.id, typ: typeOf(purpose) })
      // A NumericDate may have a fraction.
      .setExpirationTime(expiresAt / 1000)
      .sign(current.secret);
    if (sealed.length > SEALED_MAX_LENGTH) throw new Error(`a sealed value has ${sealed.length} characters`);
    return sealed;
  }

  /**
   * Returns the content; undefined for any value that was not sealed for this purpose with one of the keys, or has expired.
   * @throws the errors of `keys`
   */
  async unseal(purpose: SealPurpose, sealed: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    if (sealed.length > SEALED_MAX_LENGTH) return undefined;
    const now = this.#clock.now();
    try {
      const { payload } = await jwtVerify(sealed, await this.#findKey(), {
        algorithms: ['HS256'],
        typ: typeOf(purpose),
        requiredClaims: ['exp'],
        currentDate: new Date(now),
      });
      // jose compares whole seconds.
      return Number(payload.exp) * 1000 > now ? payload : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  async #findKey(): Promise<JWTVerifyGetKey> {
    const { current, previous } = await this.#keys();
    return ({ kid }) => {
      const key = [current, previous].find((candidate) => candidate?.id === kid);
      if (key === undefined) throw new errors.JWKSNoMatchingKey();
      return key.secret;
    };
  }
}

function typeOf(purpose: SealPurpose): string {
  return `wb-${purpose}+jwt`;
}

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '#core/ports/clock.ts';
import { COOKIES, formatCookie, readCookieCandidates } from '#gate/session/cookies.ts';
import type { Seal } from '#gate/session/seal.ts';
import type { SignInSecrets } from './issuer.ts';

/** How long a user may take at the issuer, milliseconds. */
export const ATTEMPT_LIFETIME_MS = 600_000;

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** A return URL of at most 2,048 characters, encrypted. Longer ones are not decrypted. */
const STATE_MAX_LENGTH = 4_096;

/** A sign-in that has begun, and for which this browser has the cookie. */
export interface Attempt extends SignInSecrets {
  /** Where the sign-in returns to. It was checked when the attempt began. */
  readonly returnUrl: string;
  /** For the ticket: `Ticket.browser`. */
  readonly browser?: string;
}

const bindingSchema = z.object({ binding: z.string().check(z.regex(/^[\w-]{43}$/)) });

const stateSchema = z.object({
  id: z.string().check(z.regex(/^[\w-]{22}$/)),
  /** The return URL. */
  rd: z.string(),
  /** The binding of the browser on the host of the workbench. */
  b: z.optional(z.string()),
  /** Milliseconds since 1970. */
  exp: z.int(),
});

/**
 * The sign-ins that have begun. The browser keeps a random binding in its cookie, and the issuer sends the state back: it is
 * encrypted with a key that is derived from the binding. A state of another browser can therefore not be decrypted, the
 * issuer does not read the return URL, and any number of tabs can sign in at the same time. The gate keeps nothing.
 */
export class SignInAttempts {
  readonly #seal: Seal;
  readonly #clock: Clock;

  constructor(seal: Seal, clock: Clock) {
    this.#seal = seal;
    this.#clock = clock;
  }

  /** Begins a sign-in. @returns the attempt, and the Set-Cookie header with the binding */
  async begin(
    cookies: string | undefined,
    returnUrl: string,
    browser?: string,
  ): Promise<{ readonly attempt: Attempt; readonly cookie: string }> {
    // Another tab may have begun a sign-in: its state must stay readable.
    const [present] = await this.#readBindings(cookies);
    const binding = present ?? randomBytes(32).toString('base64url');
    const exp = this.#clock.now() + ATTEMPT_LIFETIME_MS;
    const id = randomBytes(16).toString('base64url');
    const state = encrypt(JSON.stringify({ id, rd: returnUrl, b: browser, exp }), binding);
    const sealed = await this.#seal.seal('sign-in-state', { binding }, exp);
    return {
      attempt: toAttempt(binding, { id, rd: returnUrl, b: browser, state }),
      cookie: formatCookie(COOKIES.signInState, sealed, ATTEMPT_LIFETIME_MS),
    };
  }

  /** Returns the attempt with this state; undefined if this browser did not begin it, or more than ten minutes ago. */
  async find(cookies: string | undefined, state: string | undefined): Promise<Attempt | undefined> {
    if (state === undefined) return undefined;
    for (const binding of await this.#readBindings(cookies)) {
      const content = z.safeParse(stateSchema, decrypt(state, binding)).data;
      if (content !== undefined && content.exp > this.#clock.now())
        return toAttempt(binding, { ...content, state });
    }
    return undefined;
  }

  async #readBindings(cookies: string | undefined): Promise<readonly string[]> {
    const bindings: string[] = [];
    for (const sealed of readCookieCandidates(cookies, COOKIES.signInState)) {
      const content = await this.#seal.unseal('sign-in-state', sealed);
      const { data } = z.safeParse(bindingSchema, content);
      if (data !== undefined) bindings.push(data.binding);
    }
    return bindings;
  }
}

interface StateContent {
  readonly id: string;
  readonly rd: string;
  readonly b?: string | undefined;
}

function toAttempt(
  binding: string,
  { id, rd, b, state }: StateContent & { readonly state: string },
): Attempt {
  return {
    state,
    nonce: derive(binding, `nonce ${id}`),
    verifier: derive(binding, `verifier ${id}`),
    returnUrl: rd,
    ...(b === undefined ? {} : { browser: b }),
  };
}

/** 43 characters, the shortest verifier of PKCE (RFC 7636, section 4.1). */
function derive(binding: string, label: string): string {
  return createHmac('sha256', binding).update(label).digest('base64url');
}

function stateKey(binding: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', binding, '', 'state', 32));
}

function encrypt(text: string, binding: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, stateKey(binding), iv, { authTagLength: TAG_BYTES });
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
}

/** Returns the parsed JSON; undefined if it was not encrypted with this binding. */
function decrypt(state: string, binding: string): unknown {
  if (state.length > STATE_MAX_LENGTH) return undefined;
  const bytes = Buffer.from(state, 'base64url');
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, stateKey(binding), bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    const encrypted = bytes.subarray(IV_BYTES + TAG_BYTES);
    return JSON.parse(`${decipher.update(encrypted, undefined, 'utf8')}${decipher.final('utf8')}`);
  } catch {
    return undefined;
  }
}

import type { ServerResponse } from 'node:http';
import type { Visitor } from '#core/gate/visitor.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { Sessions } from './sessions.ts';

/** Extends the session of the sign-in host while its user works. In prefix mode this is the session for all workbenches. */
export class SessionRenewal {
  readonly #sessions: Pick<Sessions, 'renewSignIn'>;
  readonly #telemetry: Telemetry;

  constructor(sessions: Pick<Sessions, 'renewSignIn'>, telemetry: Telemetry) {
    this.#sessions = sessions;
    this.#telemetry = telemetry;
  }

  /** Adds the cookie of the extended session to a response, if it is time. Does not throw. */
  async renew(visitor: Visitor, response: ServerResponse): Promise<void> {
    if (visitor.kind !== 'user') return;
    try {
      const cookie = await this.#sessions.renewSignIn(visitor);
      if (cookie !== undefined) response.appendHeader('set-cookie', cookie);
    } catch (error) {
      // The session is valid for a while. A later response renews it.
      this.#telemetry.error('a session could not be renewed', {}, error);
    }
  }
}

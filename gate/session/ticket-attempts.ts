import { isIPv6 } from 'node:net';
import { ageOf, type Clock, type Moment, momentOf } from '#core/ports/clock.ts';

/** Unknown tickets of one client that are looked up within UNKNOWN_TICKETS_WINDOW_MS. Then all are refused until its end. */
export const UNKNOWN_TICKETS_MAX = 30;
export const UNKNOWN_TICKETS_WINDOW_MS = 60_000;
/** The clients that are counted. The one that began first is forgotten. */
export const COUNTED_CLIENTS_MAX = 10_000;

interface Counted {
  readonly since: Moment;
  attempts: number;
}

/**
 * Limits the unknown tickets of a client. Each ticket costs a lookup of the workbench and a deletion in the table, and needs no
 * session. The limit says nothing about which workbenches exist: a ticket is unknown at each of them.
 */
export class TicketAttempts {
  readonly #clock: Clock;
  readonly #counted = new Map<string, Counted>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts an attempt before its ticket is looked up. Returns whether it may be. */
  begin(client: string): boolean {
    const counted = this.#find(client);
    if (counted.attempts >= UNKNOWN_TICKETS_MAX) return false;
    counted.attempts += 1;
    return true;
  }

  /** Takes back what `begin` counted: the ticket was not unknown. */
  forgive(client: string): void {
    const counted = this.#counted.get(client);
    if (counted !== undefined && counted.attempts > 0) counted.attempts -= 1;
  }

  #find(client: string): Counted {
    const present = this.#counted.get(client);
    if (present !== undefined && ageOf(present.since, this.#clock) < UNKNOWN_TICKETS_WINDOW_MS)
      return present;
    const begun: Counted = { since: momentOf(this.#clock), attempts: 0 };
    this.#counted.delete(client);
    this.#counted.set(client, begun);
    for (const oldest of this.#counted.keys()) {
      if (this.#counted.size <= COUNTED_CLIENTS_MAX) break;
      this.#counted.delete(oldest);
    }
    return begun;
  }
}

/**
 * Returns the client of an attempt. A page of another host can make a browser send attempts for frames or images, and must not
 * use up those of the user's own navigations: they are counted separately.
 * @param address as `clientAddressOf` returns it
 * @param destination the header `Sec-Fetch-Dest`
 */
export function ticketClientOf(address: string, destination: string | undefined): string {
  const kind = destination === 'document' || destination === 'iframe' ? destination : 'other';
  return `${kind} ${networkOf(address)}`;
}

/** One client may have all addresses of an IPv6 network of 64 bits. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [left = '', right = ''] = address.toLowerCase().split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(left), groups(right)];
  const zeros = address.includes('::')
    ? Array.from({ length: 8 - before.length - after.length }, () => '0')
    : [];
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

import { describe, expect, it } from 'vitest';
import {
  COUNTED_CLIENTS_MAX,
  TicketAttempts,
  ticketClientOf,
  UNKNOWN_TICKETS_MAX,
  UNKNOWN_TICKETS_WINDOW_MS,
} from '#gate/session/ticket-attempts.ts';
import { T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

function beginMany(attempts: TicketAttempts, client: string, count = UNKNOWN_TICKETS_MAX): void {
  for (let n = 0; n < count; n += 1) expect(attempts.begin(client)).toBe(true);
}

describe('the attempts of a client', () => {
  it('are limited for a minute, and those of another one are not', () => {
    const clock = new ManualClock(T0);
    const attempts = new TicketAttempts(clock);
    beginMany(attempts, 'a');
    expect(attempts.begin('a')).toBe(false);
    expect(attempts.begin('b')).toBe(true);
    clock.advance(UNKNOWN_TICKETS_WINDOW_MS - 1);
    expect(attempts.begin('a')).toBe(false);
    clock.advance(1);
    beginMany(attempts, 'a');
    expect(attempts.begin('a')).toBe(false);
  });

  it('are not counted if the ticket existed', () => {
    const attempts = new TicketAttempts(new ManualClock(T0));
    for (let n = 0; n < 3 * UNKNOWN_TICKETS_MAX; n += 1) {
      expect(attempts.begin('a')).toBe(true);
      attempts.forgive('a');
    }
    attempts.forgive('a');
    beginMany(attempts, 'a');
    expect(attempts.begin('a')).toBe(false);
  });

  it('are forgotten when too many clients are counted', () => {
    const attempts = new TicketAttempts(new ManualClock(T0));
    beginMany(attempts, 'a');
    for (let n = 1; n < COUNTED_CLIENTS_MAX; n += 1) attempts.begin(`client ${n}`);
    expect(attempts.begin('a')).toBe(false);
    attempts.begin('one more');
    expect(attempts.begin('a')).toBe(true);
  });
});

describe('a client', () => {
  it('is an IPv4 address, or a network of IPv6', () => {
    const same = (...addresses: readonly string[]) =>
      expect(new Set(addresses.map((address) => ticketClientOf(address, 'document'))).size).toBe(1);
    same('192.0.2.7', '::ffff:192.0.2.7');
    same('2001:db8:0:1::7', '2001:0DB8:0000:0001:ffff:1:2:3', '2001:db8::1:0:0:0:9');
    same('::1', '::2', '0:0:0:0:1:2:3:4');
    const different = [
      '192.0.2.7',
      '192.0.2.8',
      '2001:db8:0:1::7',
      '2001:db8:0:2::7',
      '2001:db8::',
      'no address',
    ];
    expect(new Set(different.map((address) => ticketClientOf(address, 'document'))).size).toBe(
      different.length,
    );
  });

  it('is another one for frames and images, which any page can request', () => {
    const destinations = ['document', 'iframe', 'image'];
    expect(new Set(destinations.map((destination) => ticketClientOf('192.0.2.7', destination))).size).toBe(3);
    const others = ['image', 'script', 'empty', undefined];
    expect(new Set(others.map((destination) => ticketClientOf('192.0.2.7', destination))).size).toBe(1);
  });
});

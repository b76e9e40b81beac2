import { describe, expect, it } from 'vitest';
import { ClientHistory, type RequestedState } from './client-history.ts';

const ID = 'workbench';

/** A history of requests that each took one millisecond: the state, when it was sent, and whether it was confirmed. */
function historyOf(...requests: readonly (readonly [RequestedState, number, 'confirmed' | 'unanswered'])[]) {
  const clients = new ClientHistory();
  clients.recordCreated(ID, 0, 1);
  for (const [state, sentAt, outcome] of requests) {
    const request = clients.recordRequest(ID, state, sentAt);
    if (outcome === 'confirmed') clients.recordAcknowledged(request, sentAt + 1);
  }
  return clients;
}

describe('ClientHistory', () => {
  it('knows that a deleted workbench is deleted', () => {
    const clients = historyOf(['deleted', 10, 'confirmed']);
    expect(clients.isDeletionRequested(ID)).toBe(true);
    expect(clients.isDeletionAcknowledged(ID)).toBe(true);
    expect([...clients.possibleStates(ID)]).toEqual(['deleted']);
  });

  it('knows that a restored workbench is stopped, and was deleted until then', () => {
    const clients = historyOf(['deleted', 10, 'confirmed'], ['restored', 20, 'confirmed']);
    expect(clients.isDeletionRequested(ID)).toBe(false);
    expect(clients.isDeletionRequested(ID, 20)).toBe(true);
    expect(clients.isDeletionRequested(ID, 21)).toBe(false);
    expect(clients.isDeletionAcknowledged(ID)).toBe(false);
    expect([...clients.possibleStates(ID)]).toEqual(['stopped']);
  });

  it('does not know whether a request without a response has restored it', () => {
    const clients = historyOf(['deleted', 10, 'confirmed'], ['restored', 20, 'unanswered']);
    expect(clients.isDeletionRequested(ID)).toBe(true);
    expect(clients.isDeletionAcknowledged(ID)).toBe(false);
    expect(clients.possibleStates(ID)).toEqual(new Set(['running', 'deleted', 'stopped']));
  });

  it('does not know whether a deletion without a response has its effect after the restore', () => {
    const clients = historyOf(['deleted', 10, 'unanswered'], ['restored', 20, 'confirmed']);
    expect(clients.isDeletionRequested(ID)).toBe(true);
    expect(clients.possibleStates(ID)).toEqual(new Set(['deleted', 'stopped']));
  });

  it('knows that a workbench that was restored and deleted again is deleted', () => {
    const again = ['deleted', 30, 'confirmed'] as const;
    const clients = historyOf(['deleted', 10, 'confirmed'], ['restored', 20, 'confirmed'], again);
    expect(clients.isDeletionAcknowledged(ID)).toBe(true);
    expect([...clients.possibleStates(ID)]).toEqual(['deleted']);
  });
});

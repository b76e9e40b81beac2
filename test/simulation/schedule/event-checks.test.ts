import { describe, expect, it } from 'vitest';
import { aHistoryEntry, ID, T0 } from '#test/builders/workbench.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import type { BusEntry } from '../world/event-bus-model.ts';
import { EventChecks } from './event-checks.ts';

const ENTRY = aHistoryEntry({ seq: 3, at: T0 + 3, type: 'idle_warned', to: undefined });
const EVENT = aWorkbenchEvent(3);

function onBus(detail: object, source = 'workbench-controller'): BusEntry {
  return { source, detailType: 'x', detail: JSON.stringify(detail), time: undefined };
}

function checksWith(...entries: Parameters<EventChecks['noteEntry']>[1][]): EventChecks {
  const checks = new EventChecks();
  for (const entry of entries) checks.noteEntry(ID, entry);
  return checks;
}

describe('the rules about workbench events', () => {
  it('allow an event that is published twice, and an entry that is not published', () => {
    const unpublished = aHistoryEntry({ seq: 4, type: 'updated', to: undefined });
    checksWith(ENTRY, unpublished).check([onBus(EVENT), onBus(EVENT)]);
  });

  it('refuse a warning that was not published', () => {
    expect(() => checksWith(ENTRY).check([])).toThrow(
      `${ID}-3 (idle_warned) of the history was not published`,
    );
  });

  it('refuse a change of the status that was not published', () => {
    const entry = aHistoryEntry({ seq: 3, type: 'start_requested', from: 'stopped', to: 'starting' });
    expect(() => checksWith(entry).check([])).toThrow('was not published');
  });

  it.each([
    ['that is not in the history', { ...EVENT, id: `${ID}-4` }, 'is not in the history'],
    ['of another type', { ...EVENT, type: 'extended' }, 'was published as extended'],
    ['of another time', { ...EVENT, time: new Date(T0).toISOString() }, 'not that of its entry'],
    ['of another workbench', { ...EVENT, workbench_id: 'other' }, 'is not in the history'],
  ])('refuse an event %s', (_case, event, problem) => {
    expect(() => checksWith(ENTRY).check([onBus(EVENT), onBus(event)])).toThrow(problem);
  });

  it('refuse an event with another status than its entry', () => {
    const entry = aHistoryEntry({
      seq: 3,
      at: T0 + 3,
      type: 'status_changed',
      from: 'pending',
      to: 'running',
    });
    const event = { ...EVENT, type: 'status_changed', status: 'stopped' };
    expect(() => checksWith(entry).check([onBus(event)])).toThrow('changed it to running');
  });

  it('refuse an event under another source', () => {
    expect(() => checksWith(ENTRY).check([onBus(EVENT, 'aws.ecs')])).toThrow('source aws.ecs');
  });
});

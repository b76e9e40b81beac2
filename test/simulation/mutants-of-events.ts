import type { Mutant } from './mutants.ts';

const PUBLISH = 'functions/streams/publish-events.ts';
const PUBLISHER = 'adapters/aws/eventbridge/event-publisher.ts';

/** Mistakes in workbench events. */
export const EVENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'event-dropped-after-crash',
    description: 'does not have the events published again that the bus did not accept',
    file: PUBLISH,
    find: '.slice(0, 1)\n',
    replace: '.slice(0, 0)\n',
  },
  {
    name: 'event-after-last-failure',
    description: 'repeats from the last event that failed instead of the first',
    file: PUBLISH,
    find: '.slice(0, 1)\n',
    replace: '.slice(-1)\n',
  },
  {
    name: 'event-failure-ignored',
    description: 'takes a successful request for one whose entries were all accepted',
    file: PUBLISHER,
    find: 'failed: unaccepted.filter(({ code }) => !isRejectedEntry(code)).map(({ event }) => event),',
    replace: 'failed: unaccepted.filter(({ code }) => isRejectedEntry(code)).map(({ event }) => event),',
  },
  {
    name: 'event-lost-at-full-outbox',
    description: 'writes the history of a full record without its events',
    file: 'core/workbench/update-record.ts',
    find: 'await appendOutbox(ports, current);',
    replace: 'await ports.history.append(current.workbenchId, current.outbox);',
  },
  {
    name: 'event-id-of-revision',
    description:
      'takes the revision of the record for the number of the entry, so that two entries have one id',
    file: 'core/workbench/workbench-event.ts',
    find: 'id: eventIdOf(workbenchId, entry),',
    replace: 'id: eventIdOf(workbenchId, { seq: workbench.historySeq }),',
  },
];

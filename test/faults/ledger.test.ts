import { expect, test } from 'vitest';
import { type ClientRequest, type ClientResponse, Ledger, type SeenWorkbench } from './ledger.ts';

const NAME = 'first';
const IT: SeenWorkbench = { workbench_id: 'w1', workbench_name: NAME, desired_status: 'running' };
const CREATE: ClientRequest = { type: 'create', key: 'k1', name: NAME };
const OK: ClientResponse = { status: 200 };
const NOT_FOUND: ClientResponse = { status: 404 };
const NO_RESPONSE = undefined;

type Exchange = readonly [ClientRequest, ClientResponse | undefined];

const CREATED: Exchange = [CREATE, { status: 201, item: IT }];
const on = (type: 'start' | 'stop' | 'delete' | 'poll', response: ClientResponse | undefined): Exchange => [
  { type, id: 'w1' },
  response,
];
const rename = (name: string, response: ClientResponse | undefined): Exchange => [
  { type: 'rename', id: 'w1', name },
  response,
];

/** Returns what is wrong if this is there after these exchanges. */
function differences(exchanges: readonly Exchange[], there: readonly SeenWorkbench[]): readonly string[] {
  const ledger = new Ledger('me');
  for (const [request, response] of exchanges) ledger.note(request, response);
  ledger.compare(there);
  return ledger.contradictions();
}

const LOSSES: readonly (readonly [string, readonly Exchange[], readonly SeenWorkbench[]])[] = [
  ['a created workbench does not exist', [CREATED], []],
  ['a workbench exists that was not requested', [], [IT]],
  ['a confirmed name is not there', [CREATED, rename('second', OK)], [IT]],
  ['a name is there that was not requested', [CREATED], [{ ...IT, workbench_name: 'other' }]],
  ['a confirmed stop is not there', [CREATED, on('stop', OK)], [IT]],
  ['a confirmed deletion is not there', [CREATED, on('delete', OK)], [IT]],
  [
    'a deleted workbench exists again',
    [CREATED, on('delete', OK), on('poll', NOT_FOUND)],
    [{ ...IT, desired_status: 'deleted' }],
  ],
  ['a deletion was not requested', [CREATED], [{ ...IT, desired_status: 'deleted' }]],
  ['404 for a workbench that exists', [CREATED, on('poll', NOT_FOUND)], [IT]],
  [
    '200 after 404',
    [CREATED, on('delete', OK), on('poll', NOT_FOUND), on('poll', { status: 200, item: IT })],
    [],
  ],
  ['a refusal without a reason', [CREATED, on('stop', { status: 409 })], [IT]],
  ['a creation is refused', [[CREATE, { status: 400 }]], []],
];

test.each(LOSSES)('finds: %s', (_title, exchanges, there) => {
  expect(differences(exchanges, there)).not.toEqual([]);
});

const FINE: readonly (readonly [string, readonly Exchange[], readonly SeenWorkbench[]])[] = [
  ['what was confirmed is there', [CREATED, rename('second', OK)], [{ ...IT, workbench_name: 'second' }]],
  ['a creation without a response had an effect', [[CREATE, NO_RESPONSE]], [IT]],
  ['a creation without a response had none', [[CREATE, NO_RESPONSE]], []],
  ['a creation with 503 had an effect', [[CREATE, { status: 503 }]], [IT]],
  ['a creation with 429 had none', [[CREATE, { status: 429 }]], []],
  [
    'a name without a response is there',
    [CREATED, rename('x', NO_RESPONSE)],
    [{ ...IT, workbench_name: 'x' }],
  ],
  ['a name without a response is not there', [CREATED, rename('x', NO_RESPONSE)], [IT]],
  ['a stop without a response had no effect', [CREATED, on('stop', NO_RESPONSE)], [IT]],
  ['a start after a stop had an effect', [CREATED, on('stop', OK), on('start', NO_RESPONSE)], [IT]],
  ['a deletion without a response had an effect', [CREATED, on('delete', NO_RESPONSE)], []],
  ['a deletion without a response had none', [CREATED, on('delete', NO_RESPONSE)], [IT]],
  ['a deletion goes on', [CREATED, on('delete', OK)], [{ ...IT, desired_status: 'deleted' }]],
  ['a deletion has ended', [CREATED, on('delete', OK), on('poll', NOT_FOUND)], []],
  ['a change during a deletion is refused', [CREATED, on('delete', OK), on('start', { status: 409 })], []],
];

test.each(FINE)('accepts: %s', (_title, exchanges, there) => {
  expect(differences(exchanges, there)).toEqual([]);
});

test('what a comparison has seen counts as confirmed', () => {
  const ledger = new Ledger('me');
  for (const [request, response] of [CREATED, rename('x', NO_RESPONSE)]) ledger.note(request, response);
  expect(ledger.compare([IT])).toEqual([]);
  expect(ledger.compare([{ ...IT, workbench_name: 'x' }])).toEqual(['me: w1 is called x, not first']);
});

test('a comparison of a copy changes nothing', () => {
  const ledger = new Ledger('me');
  for (const [request, response] of [CREATED, rename('x', NO_RESPONSE)]) ledger.note(request, response);
  expect(ledger.copy().compare([IT])).toEqual([]);
  expect(ledger.compare([{ ...IT, workbench_name: 'x' }])).toEqual([]);
});

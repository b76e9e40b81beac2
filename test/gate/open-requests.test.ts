import { expect, test } from 'vitest';
import { OPEN_REQUESTS_PER_WORKBENCH_MAX, type OpenRequest, OpenRequests } from '#gate/open-requests.ts';
import { ID, RUN_ID } from '#test/builders/workbench.ts';

function openRequest(target: string): OpenRequest {
  return {
    request: {
      method: 'GET',
      webSocket: false,
      workbenchId: ID,
      ownOrigins: [],
      mayBeFramed: false,
      origins: [],
    },
    target,
    visitor: { kind: 'open' },
    forwarded: {
      kind: 'forward',
      workbenchId: ID,
      runId: RUN_ID,
      endpoint: 'http://10.0.0.1',
      role: 'owner',
    },
    close: () => {},
  };
}

test('lists the requests that have not ended, and reports each once', () => {
  const opened: string[] = [];
  const data: string[] = [];
  const requests = new OpenRequests();
  requests.observe({
    noteRequest: ({ target }) => opened.push(target),
    noteClientData: ({ target }) => data.push(target),
  });
  const [a, b] = [openRequest('/a'), openRequest('/b')];
  const removeA = requests.add(a);
  requests.add(b);
  expect(requests.list()).toEqual([a, b]);
  removeA();
  removeA();
  expect([requests.list(), requests.size]).toEqual([[b], 1]);
  requests.noteClientData(b);
  expect([opened, data]).toEqual([['/a', '/b'], ['/b']]);
});

test('is full with the most requests of a workbench, and no longer when one of them has ended', () => {
  const requests = new OpenRequests();
  const add = () => requests.add(openRequest('/'));
  const remove = Array.from({ length: OPEN_REQUESTS_PER_WORKBENCH_MAX - 1 }, add)[0];
  expect(requests.findFull({ workbenchId: ID })).toBeUndefined();
  add();
  expect([requests.findFull({ workbenchId: ID }), requests.findFull({ workbenchId: 'another' })]).toEqual([
    'workbench',
    undefined,
  ]);
  remove?.();
  remove?.();
  expect(requests.findFull({ workbenchId: ID })).toBeUndefined();
  add();
  expect(requests.findFull({ workbenchId: ID })).toBe('workbench');
});

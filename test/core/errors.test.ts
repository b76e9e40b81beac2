import { expect, it } from 'vitest';
import { invalidRequest, WorkbenchError, workbenchNotFound } from '#core/errors.ts';
import { PortError } from '#core/ports/port-error.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';

const cause = new Error('the cause');

it('WorkbenchError has its name, its cause and the given options', () => {
  const error = new WorkbenchError('unavailable', 'Try again.', {
    ...{ reason: 'conflict', retryAfterSeconds: 1, detail: 'for the log' },
    cause,
  });
  expect(error).toMatchObject({
    ...{ name: 'WorkbenchError', code: 'unavailable', message: 'Try again.', detail: 'for the log' },
    ...{ reason: 'conflict', retryAfterSeconds: 1, fields: undefined },
  });
  expect(error.cause).toBe(cause);
});

it('WorkbenchError without a cause has no `cause` property', () => {
  expect(Object.hasOwn(new WorkbenchError('internal', 'x'), 'cause')).toBe(false);
  expect(Object.hasOwn(new PortError('throttled', 'x'), 'cause')).toBe(false);
});

it('workbenchNotFound does not reveal whether the workbench belongs to another user', () => {
  expect(workbenchNotFound()).toMatchObject({
    code: 'workbench_not_found',
    message: 'There is no such workbench.',
  });
});

it('invalidRequest names every invalid field', () => {
  expect(invalidRequest({ cpu: 'a number', name: 'a text' })).toMatchObject({
    code: 'invalid_request',
    message: 'The request is not valid: see cpu, name.',
    fields: { cpu: 'a number', name: 'a text' },
  });
});

it('PortError has its name, its kind and its cause', () => {
  const error = new PortError('throttled', 'rate exceeded', cause);
  expect(error).toMatchObject({ name: 'PortError', kind: 'throttled', message: 'rate exceeded' });
  expect(error.cause).toBe(cause);
});

it('UnreadableRecord names the workbench and has a cause', () => {
  const error = new UnreadableRecord({ userId: 'ada', workbenchId: 'wb1' }, cause);
  expect(error).toMatchObject({
    name: 'UnreadableRecord',
    message: 'the record of workbench wb1 is unreadable',
  });
  expect(error.cause).toBe(cause);
});

import { expect, it } from 'vitest';
import { invalidRequest, WorkbenchError, workbenchNotFound } from '#core/errors.ts';
import { PortError } from '#core/ports/port-error.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';

const cause = new Error('the cause');

it('an error of the domain has its name, its cause and what it was given', () => {
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

it('an error without a cause has none, not an undefined one', () => {
  expect(Object.hasOwn(new WorkbenchError('internal', 'x'), 'cause')).toBe(false);
  expect(Object.hasOwn(new PortError('throttled', 'x'), 'cause')).toBe(false);
});

it('what is not there is told without a word about whether it is another’s', () => {
  expect(workbenchNotFound()).toMatchObject({
    code: 'workbench_not_found',
    message: 'There is no such workbench.',
  });
});

it('a bad request names every bad field at once', () => {
  expect(invalidRequest({ cpu: 'a number', name: 'a text' })).toMatchObject({
    code: 'invalid_request',
    message: 'The request is not valid: see cpu, name.',
    fields: { cpu: 'a number', name: 'a text' },
  });
});

it('an error of a port has its name, its kind and its cause', () => {
  const error = new PortError('throttled', 'rate exceeded', cause);
  expect(error).toMatchObject({ name: 'PortError', kind: 'throttled', message: 'rate exceeded' });
  expect(error.cause).toBe(cause);
});

it('a record that cannot be read is named, with why', () => {
  const error = new UnreadableRecord({ userId: 'ada', workbenchId: 'wb1' }, cause);
  expect(error).toMatchObject({
    name: 'UnreadableRecord',
    message: 'the record of workbench wb1 cannot be read',
  });
  expect(error.cause).toBe(cause);
});

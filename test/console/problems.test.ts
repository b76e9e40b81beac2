import { describe, expect, test } from 'vitest';
import { WorkbenchApiError, WorkbenchConnectionError } from '#clients/typescript/src/errors.ts';
import { describeProblem, isSignInProblem } from '#console/src/problems.ts';
import { TEXTS } from '#console/src/texts.ts';
import { ERROR_CODES } from '#core/errors.ts';

function apiError(status: number, body: unknown, headers: Record<string, string> = {}): WorkbenchApiError {
  return new WorkbenchApiError(new Response(null, { status, headers }), body);
}

describe('problems', () => {
  test('say what to do for every error code of the API', () => {
    for (const code of ERROR_CODES) {
      const { text, advice } = describeProblem(apiError(400, { error: { code, message: 'What is wrong.' } }));
      expect(text).toBe('What is wrong.');
      expect(advice, code).not.toBe('');
    }
    expect(Object.keys(TEXTS.adviceByCode).sort()).toEqual([...ERROR_CODES].sort());
  });

  test('name the invalid fields, and how long to wait', () => {
    const error = { code: 'invalid_request', message: 'No.', fields: { workbench_name: 'text' } };
    expect(describeProblem(apiError(400, { error })).fields).toEqual({ workbench_name: 'text' });
    const limited = describeProblem(apiError(429, { message: 'Too many.' }, { 'retry-after': '7' }));
    expect(limited.advice).toContain('Wait 7 s');
  });

  test('have an id for the operator if the server is at fault', () => {
    const headers = { 'x-request-id': 'r-1' };
    expect(describeProblem(apiError(500, {}, headers)).requestId).toBe('r-1');
    expect(describeProblem(apiError(404, {}, headers)).requestId).toBeUndefined();
  });

  test('of the connection and of the page have texts as well', () => {
    expect(describeProblem(new WorkbenchConnectionError('http://a', new Error('x'))).text).toBe(
      TEXTS.problems.connection,
    );
    expect(describeProblem(new Error('unexpected')).text).toBe('unexpected');
  });

  test('lead to the sign-in if the gateway has refused the key, not if a right is missing', () => {
    expect(isSignInProblem(apiError(401, { message: 'Unauthorized' }))).toBe(true);
    expect(isSignInProblem(apiError(403, { message: 'Forbidden' }))).toBe(true);
    expect(isSignInProblem(apiError(403, { error: { code: 'forbidden', message: '' } }))).toBe(false);
    expect(isSignInProblem(new Error('x'))).toBe(false);
  });
});

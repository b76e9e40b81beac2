import { WorkbenchApiError, WorkbenchConnectionError } from '#clients/typescript/src/errors.ts';
import { SignInError } from './sign-in-error.ts';
import { TEXTS } from './texts.ts';

/** An error as the page shows it: what is wrong, and what to do. */
export interface Problem {
  readonly text: string;
  /** What the user can do; empty if the text of the API says it. */
  readonly advice: string;
  /** The invalid fields of a form: field of the API → what is expected. */
  readonly fields: Readonly<Record<string, string>>;
  /** For a report to an operator. */
  readonly requestId?: string;
}

export function describeProblem(error: unknown): Problem {
  if (error instanceof WorkbenchConnectionError)
    return { text: TEXTS.problems.connection, advice: TEXTS.advice.connection, fields: {} };
  if (error instanceof SignInError) {
    const { kind, detail } = error;
    const advice =
      detail === undefined ? TEXTS.signIn.advice[kind] : `${TEXTS.signIn.advice[kind]} (${detail})`;
    return { text: TEXTS.signIn.problems[kind], advice, fields: {} };
  }
  if (!(error instanceof WorkbenchApiError)) {
    const text = error instanceof Error ? error.message : String(error);
    return { text, advice: TEXTS.advice.reload, fields: {} };
  }
  const { code, status, message, fields, requestId, retryAfterSeconds } = error;
  const advice = (code && TEXTS.adviceByCode[code]) ?? TEXTS.adviceByStatus[status] ?? '';
  const wait = retryAfterSeconds === undefined ? '' : TEXTS.advice.wait(retryAfterSeconds);
  return {
    text: message,
    advice: [advice, wait].filter((part) => part !== '').join(' '),
    fields,
    // An error of the request is no reason to ask an operator.
    ...(requestId === undefined || status < 500 ? {} : { requestId }),
  };
}

/** Whether the key or token was refused or is no longer renewed, so that the user must sign in again. */
export function isSignInProblem(error: unknown): boolean {
  if (error instanceof SignInError) return error.kind === 'ended';
  if (!(error instanceof WorkbenchApiError)) return false;
  // API Gateway and the local gateway refuse a request without a valid token before a function is called.
  return error.status === 401 || (error.status === 403 && error.code === undefined);
}

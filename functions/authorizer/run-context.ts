import * as z from 'zod/mini';
import { isRunToken, type RunIdentity } from '#adapters/run-token.ts';
import { parseBearerToken } from './credentials.ts';
import type { AuthorizerContext } from './principal.ts';

const contextSchema = z.object({
  kind: z.literal('run'),
  workbench_id: z.string().check(z.minLength(1), z.maxLength(64)),
  run_id: z.string().check(z.minLength(1), z.maxLength(64)),
});

/** A run as the authorizer passes it to the functions. It is no principal: only routes for runs know it, all others refuse it. */
export function toRunContext({ workbenchId, runId }: RunIdentity): AuthorizerContext {
  return { kind: 'run', workbench_id: workbenchId, run_id: runId };
}

/** The run; undefined if this is not a context that `toRunContext` returns. */
export function parseRunContext(context: unknown): RunIdentity | undefined {
  const parsed = z.safeParse(contextSchema, context);
  if (!parsed.success) return undefined;
  return { workbenchId: parsed.data.workbench_id, runId: parsed.data.run_id };
}

/** Returns the token of a run in an `Authorization` header; undefined for any other header. */
export function findRunToken(header: string | undefined): string | undefined {
  try {
    const token = parseBearerToken(header);
    return isRunToken(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

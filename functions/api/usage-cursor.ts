import { isUserId, USAGE_CURSOR_MAX_LENGTH } from '#contract/parameters.ts';
import type { UsersPosition } from '#core/cost/list-usage-of-users.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';

/** Where the next page of the usage of users starts. Opaque. It needs no signature: its sender may list all users. */
export function encodePosition({ after, begun }: UsersPosition): string {
  const parts = [after ?? null, ...(begun === undefined ? [] : [begun.userId, begun.workbenchId])];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Undefined if the text is no cursor. */
export function decodePosition(cursor: string): UsersPosition | undefined {
  if (cursor.length > USAGE_CURSOR_MAX_LENGTH) return undefined;
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(parts) || (parts.length !== 1 && parts.length !== 3)) return undefined;
  const [after, userId, workbenchId] = parts as unknown[];
  if (after !== null && !isUser(after)) return undefined;
  const position = after === null ? {} : { after };
  if (userId === undefined) return position;
  const isBegun = isUser(userId) && typeof workbenchId === 'string' && isWorkbenchId(workbenchId);
  return isBegun ? { ...position, begun: { userId, workbenchId } } : undefined;
}

function isUser(value: unknown): value is string {
  return typeof value === 'string' && isUserId(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

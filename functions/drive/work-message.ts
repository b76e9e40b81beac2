import * as z from 'zod/mini';
import { isUserId } from '#contract/parameters.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

/** A message is a key as JSON: `{"userId":"…","workbenchId":"…"}`. A user_id of 96 bytes is at most 576 characters of JSON. */
const MESSAGE_MAX_LENGTH = 1024;

const messageSchema = z.object({
  userId: z.string().check(z.refine(isUserId)),
  workbenchId: z.string().check(z.refine(isWorkbenchId)),
});

/** The key in a message of the work queue; undefined if the message is invalid. */
export function parseWorkMessage(body: string): WorkbenchKey | undefined {
  if (body.length > MESSAGE_MAX_LENGTH) return undefined;
  try {
    const parsed = z.safeParse(messageSchema, JSON.parse(body));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function toWorkMessage({ userId, workbenchId }: WorkbenchKey): string {
  return JSON.stringify({ userId, workbenchId });
}

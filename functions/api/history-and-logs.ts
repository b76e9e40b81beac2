import { createHash } from 'node:crypto';
import type { HistoryItem } from '#contract/response-bodies.ts';
import {
  LOG_LINES_MAX,
  LOG_POSITION_MAX,
  type LogLine,
  type RunLogReader,
} from '#core/ports/run-log-reader.ts';
import type { HistoryStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { listHistoryOf } from '#core/workbench/queries.ts';
import { loggedRunOf, readRunLog } from '#core/workbench/run-log.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { type Parser, parseFlag, parseLimit } from '../middleware/parse-request.ts';
import { toIsoTime } from './present-workbench.ts';

/** GET /workbenches/{wid}/history */
export function buildListHistory(
  ports: WorkbenchApiPorts & { readonly history: Pick<HistoryStore, 'list'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  return toWorkbenchApiHandler('listHistory', ports, settings, {}, async ({ workbench }) => {
    const entries = await listHistoryOf(ports, workbench);
    return { status: 200, body: { success: true, items: entries.map(presentHistoryEntry) } };
  });
}

/** Names each field: an entry may have further ones that a newer version wrote. */
function presentHistoryEntry({ seq, at, type, by, from, to, code }: HistoryEntry): HistoryItem {
  return {
    seq,
    time: toIsoTime(at),
    type,
    ...(by === undefined ? {} : { requested_by: by }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(code === undefined ? {} : { reason_code: code }),
  };
}

/** GET /workbenches/{wid}/logs */
export function buildListLogs(
  ports: WorkbenchApiPorts & { readonly logs: RunLogReader },
  settings: WorkbenchApiSettings,
): ApiHandler {
  const parsers = {
    limit: (({ query }) => parseLimit(query, LOG_LINES_MAX)) satisfies Parser<number>,
    newest: (({ query }) => parseFlag(query, 'newest')) satisfies Parser<boolean>,
    cursor: parseLogCursor,
  };
  return toWorkbenchApiHandler('listLogs', ports, settings, parsers, async (request) => {
    const { workbench, limit, newest, cursor } = request;
    const run = loggedRunOf(workbench);
    if (run === undefined) return { status: 200, body: { success: true, items: [], complete: false } };
    const after = cursor?.run === digestOf(run.taskId) ? cursor.position : undefined;
    // Who follows the output of an earlier run continues with the first line of the next one.
    const page = { limit, newest: newest && cursor === undefined, ...(after === undefined ? {} : { after }) };
    const { lines, next, complete } = await readRunLog(ports, workbench, run, page, ports.clock.now());
    return {
      status: 200,
      body: {
        success: true,
        items: lines.map(presentLine),
        task_id: run.taskId,
        next_cursor: encodeLogCursor(run.taskId, next),
        complete,
      },
    };
  });
}

function presentLine({ text, at }: LogLine) {
  return { ...(at === undefined ? {} : { at: toIsoTime(at) }), text };
}

interface LogCursor {
  /** Digest of the task. */
  readonly run: string;
  readonly position: string;
}

const DIGEST_LENGTH = 12;

/**
 * The task whose output the page has, and the position in it. It needs no signature: a forged cursor still reads only the
 * output of the workbench in the path.
 */
function encodeLogCursor(taskId: string, position: string): string {
  return digestOf(taskId) + Buffer.from(position, 'latin1').toString('base64url');
}

const parseLogCursor: Parser<LogCursor | undefined> = ({ query }) => {
  const parameter = query.parameter('cursor');
  if ('invalid' in parameter) return parameter;
  const { value: text } = parameter;
  if (text === undefined) return { value: undefined };
  const run = text.slice(0, DIGEST_LENGTH);
  const rest = text.slice(DIGEST_LENGTH);
  const position = Buffer.from(rest, 'base64url').toString('latin1');
  const isPosition = position.length <= LOG_POSITION_MAX && /^[!-~]*$/.test(position);
  // Encoding it again refuses the other spellings of the same bytes.
  const isEncoded = Buffer.from(position, 'latin1').toString('base64url') === rest;
  return /^[\w-]{12}$/.test(run) && isPosition && isEncoded
    ? { value: { run, position } }
    : { invalid: { cursor: 'the next_cursor of an earlier page' } };
};

/** 72 bits. */
function digestOf(taskId: string): string {
  return createHash('sha256').update(`output of ${taskId}`).digest('base64url').slice(0, DIGEST_LENGTH);
}

import type { UsageItem, UsageSum } from '#contract/cost-bodies.ts';
import { listUsage, type WorkbenchUsage } from '#core/cost/list-usage.ts';
import { MONTH_PATTERN, monthOf } from '#core/cost/month.ts';
import { toUsd } from '#core/cost/rates.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import type { UsageStore } from '#core/ports/usage-store.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { type Parser, parsePage } from '../middleware/parse-request.ts';
import { encodeCursor } from '../middleware/query.ts';
import { pricesOf } from './present-cost.ts';
import { toCsv } from './usage-csv.ts';

export type UsageFormat = 'json' | 'csv';

/** GET /usage: one Query call for the records of the page, and one for what ended meters have counted. */
export function build(
  ports: ApiPorts & {
    readonly workbenches: Pick<WorkbenchStore, 'listByUser'>;
    readonly usage: Pick<UsageStore, 'list'>;
    readonly catalog: SizeCatalog;
  },
  settings: ApiSettings,
): ApiHandler {
  const parsers = { month: parseMonth, format: parseFormat, page: parsePage };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, month, format, page }) => {
    const now = ports.clock.now();
    const listed = month ?? monthOf(now);
    const { items, next } = await listUsage(ports, userId, listed, page, now);
    const cursor = next === undefined ? undefined : encodeCursor(userId, next);
    const presented = items.map((item) => presentUsage(userId, item));
    if (format === 'csv') {
      return {
        status: 200,
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="usage-${listed}.csv"`,
          ...(cursor === undefined ? {} : { 'x-next-cursor': cursor }),
        },
        text: toCsv(listed, presented),
        body: undefined,
      };
    }
    return {
      status: 200,
      body: {
        success: true,
        month: listed,
        items: presented,
        total: sumOf(items),
        ...pricesOf(ports.catalog),
        ...(cursor === undefined ? {} : { next_cursor: cursor }),
      },
    };
  });
}

const parseMonth: Parser<string | undefined> = ({ query }) => {
  const parameter = query.parameter('month');
  if ('invalid' in parameter || parameter.value === undefined) return parameter;
  return MONTH_PATTERN.test(parameter.value)
    ? { value: parameter.value }
    : { invalid: { month: 'a month such as 2030-01' } };
};

/** `format`, or what the header `Accept` asks for. */
const parseFormat: Parser<UsageFormat> = ({ query, event }) => {
  const parameter = query.parameter('format');
  if ('invalid' in parameter) return parameter;
  const accepted = /^text\/csv\b/i.test(event.headers.accept ?? '') ? 'csv' : 'json';
  const { value = accepted } = parameter;
  return value === 'csv' || value === 'json' ? { value } : { invalid: { format: '`json` or `csv`' } };
};

function presentUsage(userId: string, { workbenchId, name, micros, ms }: WorkbenchUsage): UsageItem {
  return { workbench_id: workbenchId, workbench_name: name, user_id: userId, ...presentSum(micros, ms) };
}

function sumOf(items: readonly WorkbenchUsage[]): UsageSum {
  const total = (amountOf: (item: WorkbenchUsage) => number) =>
    items.reduce((sum, item) => sum + amountOf(item), 0);
  return presentSum(
    total(({ micros }) => micros),
    total(({ ms }) => ms),
  );
}

const HOUR_MS = 3_600_000;

/** Hours to a thousandth: four seconds. */
function presentSum(micros: number, ms: number): UsageSum {
  return { hours_running: Math.round((ms / HOUR_MS) * 1000) / 1000, usd: toUsd(micros) };
}

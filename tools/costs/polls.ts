import type { Template } from '#lib/checks/template.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import type { AssumedValues } from './assumptions.ts';
import { type BillLine, billLine } from './prices.ts';
import { resourcesOfType } from './template-counts.ts';

const GB = 1e9;
const POLLS = 1_000_000;
/** A poll of a workbench in transition is one consistent read of a record, of at most 4 KB. */
const READ_UNITS_PER_POLL = 1;

/**
 * Returns the costs of a million polls.
 * @throws Error If the templates do not have the polled function.
 */
export function pollBill(
  templates: readonly Template[],
  { installation, auth, api }: Pick<StageSettings, 'installation' | 'auth' | 'api'>,
  assumed: AssumedValues,
): readonly BillLine[] {
  const gbSeconds = (name: string, ms: number, times: number) =>
    times * (ms / 1000) * (memoryOf(templates, `${installation}-${name}`) / 1024);
  const authorizerCalls = auth === 'none' ? 0 : POLLS / pollsPerAuthorizerCall(api.authCacheSeconds, assumed);
  const pollMs = assumed['poll-ms'] + assumed['cold-share'] * assumed['cold-ms'];
  return [
    billLine('HTTP API', 'apiRequests', POLLS, 'requests'),
    billLine('Function: requests', 'lambdaRequests', POLLS, 'requests'),
    billLine('Function: duration', 'lambdaDuration', gbSeconds('get-workbench', pollMs, POLLS), 'GB-seconds'),
    billLine('Authorizer: requests', 'lambdaRequests', authorizerCalls, 'requests'),
    billLine(
      'Authorizer: duration',
      'lambdaDuration',
      authorizerCalls === 0 ? 0 : gbSeconds('authorizer', assumed['authorizer-ms'], authorizerCalls),
      'GB-seconds',
    ),
    billLine('Reads of the record', 'tableReads', POLLS * READ_UNITS_PER_POLL, 'read units'),
    billLine('Access log', 'logIngestion', (POLLS * assumed['access-log-bytes']) / GB, 'GB'),
    billLine(
      'Logs of the functions',
      'logIngestion',
      ((POLLS + authorizerCalls) * assumed['function-log-bytes']) / GB,
      'GB',
    ),
    billLine('Responses', 'trafficOut', (POLLS * assumed['poll-bytes']) / GB, 'GB'),
  ];
}

/** Returns the number of polls with one token for which API Gateway uses one cached result of the authorizer. */
function pollsPerAuthorizerCall(cacheSeconds: number, assumed: AssumedValues): number {
  return Math.max(1, cacheSeconds / assumed['poll-seconds']);
}

function memoryOf(templates: readonly Template[], functionName: string): number {
  const lambda = resourcesOfType(templates, 'AWS::Lambda::Function').find(
    ({ Properties = {} }) => Properties.FunctionName === functionName,
  );
  const memory = lambda?.Properties?.MemorySize;
  if (typeof memory === 'number') return memory;
  throw new Error(`the templates have no function ${functionName}`);
}

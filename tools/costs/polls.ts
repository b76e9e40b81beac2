import type { Template } from '#lib/checks/template.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import type { Assumed } from './assumptions.ts';
import { type BillLine, line } from './bill.ts';
import { resourcesOfType } from './counted.ts';

const GB = 1e9;
const POLLS = 1_000_000;
/** A poll is one consistent read of a record, of at most 4 KB. */
const UNITS_PER_POLL = 1;

/**
 * What a million polls cost.
 * @throws Error when the templates have no function for it
 */
export function pollBill(
  templates: readonly Template[],
  { installation, auth, api }: Pick<StageSettings, 'installation' | 'auth' | 'api'>,
  assumed: Assumed,
): readonly BillLine[] {
  const gbSeconds = (name: string, ms: number, times: number) =>
    times * (ms / 1000) * (memoryOf(templates, `${installation}-${name}`) / 1024);
  const asked = auth === 'none' ? 0 : POLLS / pollsPerAnswer(api.authCacheSeconds, assumed);
  const pollMs = assumed['poll-ms'] + assumed['cold-share'] * assumed['cold-ms'];
  return [
    line('HTTP API', 'apiRequests', POLLS, 'requests'),
    line('Function: requests', 'lambdaRequests', POLLS, 'requests'),
    line('Function: running', 'lambdaDuration', gbSeconds('get-workbench', pollMs, POLLS), 'GB-seconds'),
    line('Authorizer: requests', 'lambdaRequests', asked, 'requests'),
    line(
      'Authorizer: running',
      'lambdaDuration',
      asked === 0 ? 0 : gbSeconds('authorizer', assumed['authorizer-ms'], asked),
      'GB-seconds',
    ),
    line('One read of the record', 'tableReads', POLLS * UNITS_PER_POLL, 'read units'),
    line('Access log', 'logIngestion', (POLLS * assumed['access-log-bytes']) / GB, 'GB'),
    line(
      'Log of the functions',
      'logIngestion',
      ((POLLS + asked) * assumed['function-log-bytes']) / GB,
      'GB',
    ),
    line('Answers', 'trafficOut', (POLLS * assumed['poll-bytes']) / GB, 'GB'),
  ];
}

/** How many polls with one token the authorizer's kept answer serves. */
function pollsPerAnswer(cacheSeconds: number, assumed: Assumed): number {
  return Math.max(1, cacheSeconds / assumed['poll-seconds']);
}

function memoryOf(templates: readonly Template[], functionName: string): number {
  const found = resourcesOfType(templates, 'AWS::Lambda::Function').find(
    ({ Properties = {} }) => Properties.FunctionName === functionName,
  );
  const memory = found?.Properties?.MemorySize;
  if (typeof memory === 'number') return memory;
  throw new Error(`the templates have no function ${functionName}`);
}

import type { RunningServer } from './server.ts';

/** What is said once the server runs: where everything is, and the lines to try it with. */
export function banner(
  server: Pick<RunningServer, 'api' | 'baseUrl' | 'summary'>,
  {
    version,
    dataDir,
    exposed,
  }: { readonly version: string; readonly dataDir: string; readonly exposed: boolean },
): string {
  const { api, baseUrl, summary } = server;
  const reach = exposed ? 'other machines reach it too' : 'this machine alone reaches it';
  const auth = api.authorized ? 'on: requests need a bearer token' : `off: no key is set, and ${reach}`;
  const header = api.authorized ? ` -H "Authorization: Bearer $TOKEN"` : '';
  const call = (what: string, method: string, path: string, rest = '') =>
    `  ${what.padEnd(8)}curl${method === 'GET' ? '' : ` -X ${method}`}${header} "${api.url}/workbenches${path}?user_id=me"${rest}`;
  const json = ` \\\n             -H 'Content-Type: application/json' -d '{"workbench_name": "First"}'`;
  return [
    '',
    `Workbench Controller ${version}`,
    '',
    `  API            ${api.url}`,
    `  Authorization  ${auth}`,
    `  Workbenches    ${baseUrl}/project/<workbench_id>/`,
    ...summary.map(([label, text]) => `  ${label.padEnd(15)}${text}`),
    `  Data           ${dataDir}`,
    '',
    'Try it:',
    ...(api.authorized ? ['  TOKEN=<your token>'] : []),
    call('create', 'POST', '', json),
    '  WID=<workbench_id of the answer>',
    call('poll', 'GET', '/$WID'),
    '          until its status is "running", then open its public_endpoint in a browser',
    call('stop', 'POST', '/$WID/stop'),
    call('start', 'POST', '/$WID/start'),
    call('delete', 'DELETE', '/$WID'),
    '',
    'Ctrl-C ends the server and every workbench; their files stay.',
    '',
  ].join('\n');
}

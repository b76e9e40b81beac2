import type { RunningServer } from './server.ts';

/** Returns the text that is printed when the server has started: addresses, and curl commands to try it. */
export function banner(
  server: Pick<RunningServer, 'api' | 'workbenchUrl' | 'summary' | 'token'>,
  {
    version,
    dataDir,
    exposed,
  }: { readonly version: string; readonly dataDir: string; readonly exposed: boolean },
): string {
  const { api, workbenchUrl, summary, token } = server;
  const reach = exposed ? 'other computers can connect' : 'only this computer can connect';
  const auth = api.authorized ? 'on: requests need a bearer token' : `off: no key is set, and ${reach}`;
  const header = api.authorized ? ` -H "Authorization: Bearer $TOKEN"` : '';
  const call = (label: string, method: string, path: string, rest = '') =>
    `  ${label.padEnd(8)}curl${method === 'GET' ? '' : ` -X ${method}`}${header} "${api.url}/workbenches${path}?user_id=me"${rest}`;
  const json = ` \\\n             -H 'Content-Type: application/json' -d '{"workbench_name": "First"}'`;
  return [
    '',
    `Workbench Controller ${version}`,
    '',
    `  API            ${api.url}`,
    `  Authorization  ${auth}`,
    ...(token === undefined ? [] : [`  Token          ${token}`]),
    `  Workbenches    ${workbenchUrl}`,
    ...(isLocalhostName(workbenchUrl)
      ? [
          '                 in Chromium, Edge, Firefox and curl. Safari and programs that do not resolve names below',
          '                 localhost (Python, Node): WB_WORKBENCH_ADDRESS=prefix, or programs use the public_endpoint.',
        ]
      : []),
    ...summary.map(([label, text]) => `  ${label.padEnd(15)}${text}`),
    `  Data           ${dataDir}`,
    '',
    'Try it:',
    ...(api.authorized ? [`  TOKEN=${token === undefined ? '<your token>' : quote(token)}`] : []),
    call('create', 'POST', '', json),
    '  WID=<workbench_id of the response>',
    call('poll', 'GET', '/$WID'),
    '          until its status is "running", then open its public_endpoint in a browser',
    call('stop', 'POST', '/$WID/stop'),
    call('start', 'POST', '/$WID/start'),
    call('delete', 'DELETE', '/$WID'),
    '',
    'Ctrl-C ends the server and all workbenches. Their files are kept.',
    '',
  ].join('\n');
}

/** Browsers resolve these names themselves, most systems do not. */
function isLocalhostName(url: string): boolean {
  return /\.localhost(?::\d+)?\/$/.test(url);
}

/** Quotes a text for a shell. */
function quote(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

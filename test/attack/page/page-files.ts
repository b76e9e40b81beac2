/** A request to the API of the built-in page, and the status of its response. */
export interface FileRequest {
  readonly name: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
}

/** The content of the files outside of the workbench's folder. No response may contain it. */
export const SECRET_CONTENT = 'the content of a file outside';
/** The content of the file `inside.txt` in the folder. */
export const OWN_CONTENT = 'the content of a file inside';

/**
 * Entries of the folder that lead out of it: name → the status of reading it as a file, and as a folder. The test
 * creates them: links to a file and a folder outside, by an absolute and a relative path, through another link, and so on.
 */
export const WAYS_OUT: Readonly<Record<string, { readonly file: number; readonly folder: number }>> = {
  'link-to-file': { file: 403, folder: 403 },
  'relative-link-to-file': { file: 403, folder: 403 },
  'link-to-folder': { file: 403, folder: 403 },
  'link-to-parent': { file: 403, folder: 403 },
  'link-to-link': { file: 403, folder: 403 },
  'link-to-root': { file: 403, folder: 403 },
  'link-to-proc': { file: 403, folder: 403 },
  'link-to-device': { file: 403, folder: 403 },
  'link-to-itself': { file: 400, folder: 400 },
  'link-to-nothing': { file: 404, folder: 404 },
  'link-to-sibling': { file: 403, folder: 403 },
  pipe: { file: 409, folder: 409 },
};

/** Paths that name no entry of the folder, with the status of reading one. */
const PATHS: Readonly<Record<string, number>> = {
  '..': 400,
  '../': 400,
  '../outside.txt': 400,
  '../../../../../../etc/passwd': 400,
  'folder/../../outside.txt': 400,
  'folder/..': 400,
  './inside.txt': 400,
  'folder/./x': 400,
  '/etc/passwd': 400,
  '//etc/passwd': 400,
  'folder//x': 400,
  'inside.txt/': 400,
  'inside.txt\0': 400,
  'inside.txt\0.png': 400,
  '\0': 400,
  '..\0/outside.txt': 400,
  '..\\outside.txt': 404,
  '..%2foutside.txt': 404,
  '%2e%2e/outside.txt': 404,
  '..%252foutside.txt': 404,
  '%2e%2e%2foutside.txt': 404,
  '\u2025/outside.txt': 404,
  '\uff0e\uff0e/outside.txt': 404,
  '..\uff0foutside.txt': 404,
  '.. /outside.txt': 404,
  ' ..': 404,
  '...': 404,
  '~': 404,
  '~/.ssh/id_rsa': 404,
  $HOME: 404,
  '*': 404,
  'file:///etc/passwd': 400,
  'C:\\windows\\win.ini': 404,
  'inside.txt/x': 409,
  'inside.txt/../x': 400,
  [`${'a/'.repeat(600)}x`]: 400,
  ['a'.repeat(1025)]: 400,
  ['a'.repeat(256)]: 400,
  [`${'../'.repeat(100)}etc/passwd`]: 400,
};

const CREATE = { 'If-None-Match': '*', 'Content-Type': 'application/octet-stream' };
const JSON_TYPE = { 'Content-Type': 'application/json' };

/** At least 100 requests that try to leave the folder, or to write what another site wants. */
export function listFileRequests(): readonly FileRequest[] {
  const file = (path: string) => `/api/file?path=${encodeURIComponent(path)}`;
  const folder = (path: string) => `/api/folder?path=${encodeURIComponent(path)}`;
  const put = (path: string, headers: Readonly<Record<string, string>>) => ({
    method: 'PUT' as const,
    target: file(path),
    headers,
    body: 'written',
  });
  const create = (path: string) => put(path, CREATE);
  const makeFolder = (path: unknown, headers: Readonly<Record<string, string>> = JSON_TYPE) => ({
    method: 'POST' as const,
    target: '/api/folder',
    headers,
    body: JSON.stringify({ path }),
  });
  const replace = { 'If-Match': `"${'x'.repeat(27)}"`, 'Content-Type': 'application/octet-stream' };
  return [
    ...Object.entries(PATHS).flatMap(([path, status]): FileRequest[] => [
      { name: `read ${path}`, method: 'GET', target: file(path), status },
      { name: `list ${path}`, method: 'GET', target: folder(path), status },
    ]),
    // What exists as a name of its own may be created inside of the folder. These may not.
    ...Object.entries(PATHS)
      .filter(([path, status]) => status === 400 && !path.startsWith('file:'))
      .flatMap(([path]): FileRequest[] => [
        { name: `create ${path}`, ...create(path), status: 400 },
        { name: `make ${path}`, ...makeFolder(path), status: 400 },
      ]),
    ...Object.entries(WAYS_OUT).flatMap(([name, expected]): FileRequest[] => [
      { name: `read ${name}`, method: 'GET', target: file(name), status: expected.file },
      { name: `list ${name}`, method: 'GET', target: folder(name), status: expected.folder },
      { name: `create ${name}`, ...create(name), status: 412 },
      { name: `make ${name}`, ...makeFolder(name), status: 412 },
    ]),
    ...['link-to-folder', 'link-to-parent', 'link-to-root', 'link-to-sibling'].flatMap(
      (name): FileRequest[] => [
        {
          name: `read below ${name}`,
          method: 'GET',
          target: file(`${name}/outside.txt`),
          status: name === 'link-to-root' ? 404 : 403,
        },
        { name: `create below ${name}`, ...create(`${name}/new.txt`), status: 403 },
        { name: `make below ${name}`, ...makeFolder(`${name}/new`), status: 403 },
      ],
    ),
    { name: 'replace through a link', ...put('link-to-file', replace), status: 403 },
    { name: 'replace an unknown file', ...put('nothing.txt', replace), status: 412 },
    { name: 'replace with a wrong tag', ...put('inside.txt', replace), status: 412 },
    {
      name: 'save without a precondition',
      ...put('new.txt', { 'Content-Type': 'application/octet-stream' }),
      status: 428,
    },
    { name: 'save as a form', ...put('new.txt', { ...CREATE, 'Content-Type': 'text/plain' }), status: 415 },
    {
      name: 'save for another site',
      ...put('new.txt', { ...CREATE, Origin: 'https://evil.example' }),
      status: 403,
    },
    {
      name: 'make a folder for another site',
      ...makeFolder('new', { ...JSON_TYPE, 'Sec-Fetch-Site': 'cross-site' }),
      status: 403,
    },
    { name: 'make a folder as a form', ...makeFolder('new', { 'Content-Type': 'text/plain' }), status: 415 },
    ...[7, null, ['x'], { x: 1 }].map(
      (path): FileRequest => ({
        name: `make ${JSON.stringify(path)}`,
        ...makeFolder(path),
        status: 400,
      }),
    ),
    {
      name: 'read for a page of another site',
      method: 'GET',
      target: file('inside.txt'),
      headers: { 'Sec-Fetch-Site': 'cross-site' },
      status: 403,
    },
    { name: 'delete a file', method: 'DELETE', target: file('inside.txt'), status: 405 },
    { name: 'read the source of the page', method: 'GET', target: '/page-server.ts', status: 404 },
    { name: 'read a file by its path', method: 'GET', target: '/inside.txt', status: 404 },
    { name: 'read a file', method: 'GET', target: file('inside.txt'), status: 200 },
  ];
}

/** The requests of the page. Their URLs are relative, so that the page works below any path. */

/** An error response of the workbench, or a missing response. */
export class Problem extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function send(url, options) {
  let response;
  try {
    response = await fetch(url, { ...options, cache: 'no-store' });
  } catch {
    throw new Problem('unreachable', 'The workbench does not respond. Try again later.');
  }
  if (response.ok) return response;
  // A proxy in front of a stopped workbench responds in a different format.
  const body = await response.json().catch(() => ({}));
  const { code = 'unreachable', message = 'The workbench is not running.' } = body?.error ?? {};
  throw new Problem(code, message);
}

function urlOf(kind, path) {
  return `api/${kind}?path=${encodeURIComponent(path)}`;
}

export async function workbenchName() {
  return (await (await send('api/workbench')).json()).name;
}

export async function listFolder(path) {
  return await (await send(urlOf('folder', path))).json();
}

export async function readFile(path) {
  const response = await send(urlOf('file', path));
  // Keeps a byte order mark, so that the saved file has it again.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return { text: decoder.decode(await response.arrayBuffer()), tag: response.headers.get('etag') };
}

/** @param {string | undefined} tag the tag that the file must have; undefined: the file must not exist */
export async function saveFile(path, text, tag) {
  const expected = tag === undefined ? { 'if-none-match': '*' } : { 'if-match': tag };
  const response = await send(urlOf('file', path), {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', ...expected },
    body: new TextEncoder().encode(text),
  });
  return response.headers.get('etag');
}

export async function makeFolder(path) {
  await send('api/folder', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path }),
  });
}

import { once } from 'node:events';
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  request as sendRequest,
} from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openForwarder } from '#test/gate/forward/open-forwarder.ts';
import { openBackend } from '#test/gate/open-proxy.ts';
import { rawRequest } from '#test/local/raw-http.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const TAG = '<script async src="/.wb/stop-notice.js"></script>';
const START = '<!doctype html>\n<html lang="de">\n<head>';
const REST = '<meta charset="utf-8"><title>é</title></head><body></body></html>';
const DOCUMENT = START + REST;
const WITH_TAG = START + TAG + REST;
const HTML = { 'content-type': 'text/html; charset=UTF-8' };

/** What a browser sends when it opens a document in a tab. */
const TAB = {
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'accept-encoding': 'gzip, br',
};

const RAW_REQUEST = rawRequest('GET /', [
  'Host: gate.example',
  ...Object.entries(TAB).map(([name, value]) => `${name}: ${value}`),
]);

async function open(listener: RequestListener, options: { prefix?: string; addsNotice?: boolean } = {}) {
  const received: IncomingHttpHeaders[] = [];
  const backend = await openBackend((request, response) => {
    received.push(request.headers);
    listener(request, response);
  });
  const gate = await openForwarder(backend.url, { addsNotice: true, ...options });
  const send = async (headers: OutgoingHttpHeaders = TAB, method = 'GET') => {
    const request = sendRequest(gate.url, { method, headers });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { statusCode: status, headers: received } = response;
    return { status, headers: received, body: await buffer(response) };
  };
  return { ...gate, received, send };
}

const respond =
  (headers: OutgoingHttpHeaders, body: string | Buffer = DOCUMENT, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

describe('a document in a tab', () => {
  test('gets the script behind the start tag of its head, and the length of both', async () => {
    const { send, received } = await open(
      respond({ ...HTML, 'content-length': Buffer.byteLength(DOCUMENT) }),
    );
    const { body, headers } = await send();
    expect(String(body)).toBe(WITH_TAG);
    expect(headers['content-length']).toBe(String(body.length));
    expect(received[0]?.['accept-encoding']).toBe('identity');
  });

  test('gets the script of its own path below a prefix', async () => {
    const { send } = await open(respond(HTML), { prefix: '/a&b/project/x' });
    expect(String((await send()).body)).toContain(
      '<script async src="/a&#38;b/project/x/.wb/stop-notice.js"></script>',
    );
  });

  test('has a weak ETag and no ranges, since its bytes are others than those of the workbench', async () => {
    const { send } = await open(respond({ ...HTML, etag: '"x"', 'accept-ranges': 'bytes' }));
    const { headers } = await send();
    expect([headers.etag, headers['accept-ranges']]).toEqual(['W/"x"', undefined]);
  });

  test('equals that of the workbench but for the script, however it is cut into chunks', async () => {
    const places = fc.uniqueArray(fc.nat({ max: Buffer.byteLength(DOCUMENT) }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(places, fc.boolean(), async (cuts, hasLength) => {
        const document = Buffer.from(DOCUMENT);
        const sorted = [0, ...cuts.toSorted((a, b) => a - b), document.length];
        const chunks = sorted.slice(1).map((end, index) => document.subarray(sorted[index], end));
        const { send } = await open(async (_request, response) => {
          response.writeHead(200, { ...HTML, ...(hasLength ? { 'content-length': document.length } : {}) });
          for (const chunk of chunks)
            if (chunk.length > 0) await new Promise<void>((sent) => response.write(chunk, () => sent()));
          response.end();
        });
        expect(String((await send()).body)).toBe(WITH_TAG);
      }),
      propertyRuns(30),
    );
  });

  test('of some MiB arrives whole', async () => {
    const long = 'x'.repeat(3 * 1024 * 1024);
    const { send } = await open(respond(HTML, DOCUMENT + long));
    expect((await send()).body.equals(Buffer.from(WITH_TAG + long))).toBe(true);
  });

  test('is sent as far as the workbench has sent it once its head has begun', async () => {
    let end: () => void = () => {};
    const { port } = await open((_request, response) => {
      response.writeHead(200, HTML).write(`${START}<title>`);
      end = () => response.end('slow</title>');
    });
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    let text = '';
    client.on('data', (chunk) => {
      text += chunk;
    });
    client.write(RAW_REQUEST);
    await expect.poll(() => text).toContain(`${START}${TAG}<title>`);
    end();
    await once(client, 'end');
    expect(text).toContain('slow</title>');
  });

  test('that breaks off before its head has no complete response', async () => {
    const { send } = await open((_request, response) => {
      response.writeHead(200, HTML).write('<!doctype');
      response.socket?.end();
    });
    await expect(send()).rejects.toThrow('socket hang up');
  });

  test('reads nothing further of a workbench when the browser has disconnected', async () => {
    const closed = Promise.withResolvers<void>();
    const { port } = await open((_request, response) => {
      response.once('close', closed.resolve);
      response.writeHead(200, HTML).write('<!doctype');
    });
    const client = connect(port, '127.0.0.1');
    client.write(RAW_REQUEST, () => client.destroy());
    await closed.promise;
  });
});

describe('a response is forwarded with the bytes of the workbench', () => {
  const withLength = (headers: OutgoingHttpHeaders, body: string | Buffer = DOCUMENT, status = 200) =>
    respond({ 'content-length': Buffer.byteLength(body), etag: '"x"', ...headers }, body, status);

  test.each<[string, RequestListener]>([
    ['with another status', withLength(HTML, DOCUMENT, 404)],
    ['of another type', withLength({ 'content-type': 'text/plain' })],
    ['without a type', withLength({})],
    ['that is compressed', withLength({ ...HTML, 'content-encoding': 'gzip' }, gzipSync(DOCUMENT))],
    ['to be stored as a file', withLength({ ...HTML, 'content-disposition': 'attachment; filename=a' })],
    ['with no-transform', withLength({ ...HTML, 'cache-control': 'private, no-transform' })],
    ['with a digest', withLength({ ...HTML, 'repr-digest': 'sha-256=:x:' })],
    ['whose policy forbids scripts', withLength({ ...HTML, 'content-security-policy': "script-src 'none'" })],
    ['without a head', withLength(HTML, '<!doctype html><title>x</title><script>"<head>"</script>')],
    ['with a long comment before its head', withLength(HTML, `<!--${'x'.repeat(5000)}-->${DOCUMENT}`)],
    ['that is empty', withLength(HTML, '')],
    ['that ends before its head', withLength(HTML, '<!doctype html>\n<html')],
  ])('%s', async (_, listener) => {
    const { send } = await open(listener);
    const other = await open(listener, { addsNotice: false });
    const [{ headers, ...changed }, unchanged] = [await send(), await other.send()];
    expect({ ...changed, headers: { ...headers, date: unchanged.headers.date } }).toEqual(unchanged);
  });

  test.each([
    ['HEAD', 'HEAD', TAB],
    ['POST', 'POST', TAB],
    ['a frame', 'GET', { ...TAB, 'sec-fetch-dest': 'iframe' }],
    ['a script of a page', 'GET', { ...TAB, 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }],
    ['a program', 'GET', { accept: 'text/html', 'accept-encoding': 'gzip' }],
    ['a request for a part', 'GET', { ...TAB, range: 'bytes=0-9' }],
  ])('to %s, which is forwarded with its own Accept-Encoding', async (_, method, asked) => {
    const { send, received } = await open(respond({ ...HTML, etag: '"x"' }));
    const { body, headers } = await send(asked, method);
    expect(String(body)).toBe(method === 'HEAD' ? '' : DOCUMENT);
    expect(headers.etag).toBe('"x"');
    expect(received[0]?.['accept-encoding']).not.toBe('identity');
  });

  test('to a tab that has it already', async () => {
    const { send } = await open(respond({ etag: '"x"' }, '', 304));
    const { status, headers } = await send({ ...TAB, 'if-none-match': 'W/"x"' });
    expect([status, headers.etag]).toEqual([304, '"x"']);
  });

  test('if the installation shows no notice', async () => {
    const { send, received } = await open(respond(HTML), { addsNotice: false });
    expect(String((await send()).body)).toBe(DOCUMENT);
    expect(received[0]?.['accept-encoding']).toBe('gzip, br');
  });
});

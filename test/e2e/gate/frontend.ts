import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { closeServer, listen } from '#adapters/http-server/listen.ts';

/** A frontend with the code of docs/open-a-workbench.md. */

const PAGE_OF_DOCS = join(import.meta.dirname, '../../../docs/open-a-workbench.md');
/** The last statement of the example of a form. What comes before it defines functions. */
const USE_OF_FORM = "postTo('workbench', await openWorkbench(workbenchId));";

/** How the page of the frontend shows a workbench. */
export type Embedding = 'form' | 'frame source' | 'form without a frame';

/** Returns the code examples of the document in a language. */
async function readExamples(language: string): Promise<readonly string[]> {
  const text = await readFile(PAGE_OF_DOCS, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code = '']) => code,
  );
}

async function renderPage(accessToken: string, workbenchId: string, embedding: Embedding): Promise<string> {
  const [inTab = '', byForm = ''] = await readExamples('js');
  const [frame = ''] = await readExamples('html');
  if (!byForm.trimEnd().endsWith(USE_OF_FORM)) throw new Error('the example of a form has another end');
  const show = {
    form: USE_OF_FORM,
    'frame source': "document.querySelector('iframe').src = await openWorkbench(workbenchId);",
    'form without a frame': `window.open('about:blank', 'workbench');\n${USE_OF_FORM}`,
  }[embedding];
  return `<!doctype html><title>Frontend</title>
<button id="tab">Open in a tab</button><button id="show">Show</button>
${embedding === 'form without a frame' ? '' : frame}
<script type="module">
const [API, accessToken, workbenchId] = ${JSON.stringify(['/api', accessToken, workbenchId])};
const button = document.querySelector('#tab');
const showError = ({ message }) => { document.title = message; };
${inTab}
${byForm.slice(0, byForm.indexOf(USE_OF_FORM))}
document.querySelector('#show').addEventListener('click', async () => { ${show} });
</script>`;
}

export interface FrontendOptions {
  readonly api: string;
  /** The key of the API. */
  readonly accessToken: string;
  readonly workbenchId: string;
}

/**
 * Starts a frontend. `/?<embedding>` is its page. It forwards the calls of the API and adds the acting user, because a static key
 * names none.
 * @param options returns what is known once the workbench has been started
 * @returns the port of 127.0.0.1
 */
export async function openFrontend(options: () => FrontendOptions | undefined): Promise<number> {
  const server = createServer(async (request, response) => {
    try {
      const present = options();
      if (present === undefined) throw new Error('the workbench has not been started');
      await serve(request, response, present);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  onTestFinished(() => closeServer(server, 0));
  return port;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { api, accessToken, workbenchId }: FrontendOptions,
): Promise<void> {
  const { method = '', url = '' } = request;
  if (!url.startsWith('/api/')) {
    const embedding = decodeURIComponent(url.slice('/?'.length)) as Embedding;
    response.setHeader('content-type', 'text/html');
    response.end(await renderPage(accessToken, workbenchId, embedding));
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const forwarded = await fetch(`${api}${url.slice('/api'.length)}?user_id=me`, {
    method,
    headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
    body: Buffer.concat(chunks),
  });
  response.writeHead(forwarded.status, { 'content-type': 'application/json' }).end(await forwarded.text());
}

/**
 * Ends TLS for host names, as a proxy in front of a gate does.
 * @param portOf returns the port of 127.0.0.1 for a host name
 * @returns the port
 */
export async function openTlsProxy(portOf: (hostname: string) => number): Promise<number> {
  const server = createTlsServer(await createCertificate(), (socket) => {
    const { servername = '' } = socket as TLSSocket & { readonly servername?: string };
    const backend = connect(portOf(servername), '127.0.0.1');
    for (const side of [socket, backend]) side.on('error', () => {});
    socket.once('close', () => backend.destroy());
    backend.once('close', () => socket.destroy());
    socket.pipe(backend).pipe(socket);
  });
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}

/** No browser trusts it: `ignoreHTTPSErrors`. */
async function createCertificate(): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'wb-certificate-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const options = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
  ];
  await promisify(execFile)('openssl', [
    'req',
    ...options,
    '-subj',
    '/CN=test',
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  return { key: await readFile(key), cert: await readFile(cert) };
}

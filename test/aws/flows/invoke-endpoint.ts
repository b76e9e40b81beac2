import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { invoke } from './functions.ts';

const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Lambda's Invoke API, for functions that invoke others: no emulator runs functions without containers. */
export async function openInvokeEndpoint() {
  const server = createServer(async (request, response) => {
    const [, name = ''] = INVOCATIONS.exec(request.url ?? '') ?? [];
    try {
      const result = await invoke(decodeURIComponent(name), JSON.parse(await text(request)));
      response.end(JSON.stringify(result));
    } catch (error) {
      response.setHeader('X-Amz-Function-Error', 'Unhandled');
      response.end(JSON.stringify({ errorMessage: String(error) }));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

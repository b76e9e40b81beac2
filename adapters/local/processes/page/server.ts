/**
 * The program of the built-in workbench. It serves the folder WORKSPACE_PATH on 127.0.0.1:PORT until SIGTERM. The
 * host name of BASE_URL is allowed in requests. WORKBENCH_NAME is shown as the title.
 */
import { realpathSync } from 'node:fs';
import { createPageServer } from './page-server.ts';

const { WORKSPACE_PATH, PORT, BASE_URL, WORKBENCH_NAME } = process.env;
const baseHostname = BASE_URL === undefined ? undefined : new URL(BASE_URL).hostname;
const server = createPageServer({
  folder: realpathSync(WORKSPACE_PATH ?? process.cwd()),
  name: WORKBENCH_NAME ?? 'Workbench',
  ...(baseHostname === undefined ? {} : { baseHostname }),
});

server.on('error', (error) => {
  console.error(`The page cannot be served: ${error.message}`);
  process.exit(1);
});
server.listen(Number(PORT ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`Serving on 127.0.0.1:${address?.port}.`);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    // Requests in progress are completed. Idle connections are closed.
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

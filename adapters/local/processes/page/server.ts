/**
 * The program of the built-in workbench. It serves the folder WORKSPACE_PATH on the Unix socket WB_SOCKET until
 * SIGTERM. WORKBENCH_NAME is shown as the title.
 */
import { realpathSync } from 'node:fs';
import { createPageServer } from './page-server.ts';

const { WORKSPACE_PATH, WB_SOCKET, WORKBENCH_NAME } = process.env;
if (WB_SOCKET === undefined) throw new Error('WB_SOCKET is not set');
const server = createPageServer({
  folder: realpathSync(WORKSPACE_PATH ?? process.cwd()),
  name: WORKBENCH_NAME ?? 'Workbench',
});

server.on('error', (error) => {
  console.error(`The page cannot be served: ${error.message}`);
  process.exit(1);
});
// Only this user may connect. Node.js creates the socket before `listen` returns.
const umask = process.umask(0o177);
server.listen(WB_SOCKET, () => console.log(`Serving on ${WB_SOCKET}.`));
process.umask(umask);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    // Requests in progress are completed. Idle connections are closed.
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

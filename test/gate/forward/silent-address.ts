import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

const LISTEN = `
  const server = require('node:net').createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port));
`;

/** Connections that Linux accepts for a program with a backlog of 1 before it drops packets. */
const QUEUED_CONNECTIONS = 2;

/**
 * Returns a port of 127.0.0.1 that does not respond to connections, as an address without a computer: a program that is
 * stopped listens on it, and its queue is full.
 */
export async function openSilentPort(): Promise<number> {
  const program: ChildProcess = spawn(process.execPath, ['-e', LISTEN], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  const [line] = await once(program.stdout as NodeJS.ReadableStream, 'data');
  const port = Number(String(line));
  program.kill('SIGSTOP');
  for (let index = 0; index < QUEUED_CONNECTIONS; index += 1) {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
  }
  return port;
}

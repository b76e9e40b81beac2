import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { PortAllocator } from '#adapters/local/tasks/port-allocator.ts';

it('allocates free ports, and none twice before its release', async () => {
  const ports = new PortAllocator();
  const allocated = await Promise.all(Array.from({ length: 200 }, () => ports.allocate()));
  expect(new Set(allocated).size).toBe(200);
  for (const port of allocated.slice(0, 20)) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
    ports.release(port);
  }
});

it.each(['127.0.0.1', '::1'])('allocates no port on which another program listens at %s', async (host) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  const used = typeof address === 'object' && address !== null ? address.port : 0;
  const free = await new PortAllocator().allocate();
  const picks = [used, free];
  expect(await new PortAllocator(() => picks.shift() ?? 0).allocate()).toBe(free);
});

import { createServer } from 'node:net';
import { expect, it } from 'vitest';
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

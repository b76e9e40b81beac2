import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EngineMessage,
  parseEngineInfo,
  readEngineMessages,
} from '#adapters/local/containers/engine-responses.ts';

const DOCKERD = {
  info: {
    NCPU: 8,
    MemTotal: 16_000_000_000,
    ServerVersion: '28.2.2',
    SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns'],
    Runtimes: { runc: { path: 'runc' } },
  },
  version: { Components: [{ Name: 'Engine' }, { Name: 'containerd' }] },
};

describe('parseEngineInfo', () => {
  it('parses the responses of dockerd', () => {
    expect(parseEngineInfo(DOCKERD.info, DOCKERD.version)).toEqual({
      name: 'Docker 28.2.2',
      kind: 'docker',
      rootless: false,
      needsSelinuxLabels: false,
      gpus: false,
      cpus: 8,
      memory: 16_000_000_000,
    });
  });

  it('parses the responses of podman', () => {
    const info = {
      NCPU: 2,
      MemTotal: 1,
      ServerVersion: '4.3.1',
      SecurityOptions: ['name=rootless', 'name=selinux'],
    };
    const version = { Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }] };
    const engine = parseEngineInfo(info, version);
    expect(engine).toMatchObject({
      name: 'podman 4.3.1',
      kind: 'podman',
      rootless: true,
      needsSelinuxLabels: true,
    });
  });

  it('detects GPUs by their runtime or their device', () => {
    const runtime = { ...DOCKERD.info, Runtimes: { nvidia: {} } };
    expect(parseEngineInfo(runtime, DOCKERD.version).gpus).toBe(true);
    const device = { ...DOCKERD.info, DiscoveredDevices: [{ Source: 'cdi', ID: 'nvidia.com/gpu=0' }] };
    expect(parseEngineInfo(device, DOCKERD.version).gpus).toBe(true);
  });

  it('returns valid values for arbitrary responses', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (info, version) => {
        const { cpus, memory } = parseEngineInfo(info, version);
        expect(cpus).toBeGreaterThan(0);
        expect(memory).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

async function messagesOf(chunks: readonly (string | Buffer)[]): Promise<readonly EngineMessage[]> {
  const events: EngineMessage[] = [];
  for await (const event of readEngineMessages(Readable.from(chunks, { objectMode: false })))
    events.push(event);
  return events;
}

describe('readEngineMessages', () => {
  it('parses lines, the last one also without a line end', async () => {
    expect(await messagesOf(['{"status":"a"}\r\n{"status":"b"}\n\n{"error":"c"}'])).toEqual([
      { status: 'a' },
      { status: 'b' },
      { error: 'c' },
    ]);
  });

  it('returns the same messages for any split of the stream, also within characters', async () => {
    const events = [{ status: 'größer 🥛' }, { id: 'x', progressDetail: { current: 1, total: 2 } }];
    const bytes = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, n) => bytes.subarray(at[n], end));
        expect(await messagesOf(pieces.filter((piece) => piece.length > 0))).toEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  it('skips lines that are not JSON', async () => {
    expect(await messagesOf(['half {\n7\nnull\n{"status":"a"}\n'])).toEqual([{ status: 'a' }]);
  });
});

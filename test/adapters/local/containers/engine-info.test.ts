import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEngineInfo } from '#adapters/local/containers/engine-info.ts';

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

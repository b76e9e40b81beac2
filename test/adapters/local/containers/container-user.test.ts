import { describe, expect, it } from 'vitest';
import { containerUserFor } from '#adapters/local/containers/container-user.ts';

const DOCKERD = { kind: 'docker', rootless: false } as const;
const ada = { platform: 'linux', uid: 1001, gid: 1002 } as const;

describe('the user of a container', () => {
  it('is the user who runs the server, so that this user owns the files', () => {
    expect(containerUserFor(DOCKERD, ada)).toEqual({ user: '1001:1002' });
    expect(containerUserFor({ kind: 'podman', rootless: false }, ada)).toEqual({ user: '1001:1002' });
  });

  it('is the user of the image when root runs the server', () => {
    expect(containerUserFor(DOCKERD, { platform: 'linux', uid: 0, gid: 0 })).toEqual({
      user: '1000:1000',
      owner: { uid: 1000, gid: 1000 },
    });
  });

  it('keeps its user id with a rootless podman', () => {
    const identity = containerUserFor({ kind: 'podman', rootless: true }, ada);
    expect(identity).toEqual({ user: '1001:1002', userNamespace: 'keep-id' });
  });

  it('is root in the container with a rootless dockerd, which maps it to the user', () => {
    expect(containerUserFor({ kind: 'docker', rootless: true }, ada)).toEqual({ user: '0:0' });
  });

  it('is the user of the image on platforms where the engine runs in a virtual machine', () => {
    expect(containerUserFor(DOCKERD, { ...ada, platform: 'darwin' })).toEqual({ user: '1000:1000' });
    const windows = { platform: 'win32', uid: undefined, gid: undefined } as const;
    expect(containerUserFor(DOCKERD, windows)).toEqual({ user: '1000:1000' });
  });
});

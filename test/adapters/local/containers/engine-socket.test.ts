import { describe, expect, it } from 'vitest';
import {
  EngineUnusable,
  findSocket,
  toEngineUnusable,
  unixSocketOf,
} from '#adapters/local/containers/engine-socket.ts';

const NOTHING = { socket: undefined, dockerHost: undefined, home: '/home/ada', runtimeDir: '/run/user/1000' };

describe('the socket of the container engine', () => {
  it('is the one in WB_DOCKER_SOCKET before all else', () => {
    const facts = {
      ...NOTHING,
      socket: '/my/own.sock',
      dockerHost: 'unix:///other.sock',
      exists: () => true,
    };
    expect(findSocket(facts)).toBe('/my/own.sock');
  });

  it('is the one in DOCKER_HOST before those that are found', () => {
    const facts = { ...NOTHING, dockerHost: 'unix:///run/podman.sock', exists: () => true };
    expect(findSocket(facts)).toBe('/run/podman.sock');
  });

  it.each([
    '/var/run/docker.sock',
    '/home/ada/.docker/run/docker.sock',
    '/run/user/1000/docker.sock',
    '/run/user/1000/podman/podman.sock',
    '/run/podman/podman.sock',
  ])('is found at %s when that is all there is', (path) => {
    expect(findSocket({ ...NOTHING, exists: (asked) => asked === path })).toBe(path);
  });

  it.each([
    'tcp://10.0.0.7:2375',
    'ssh://ada@example.org',
    'unix://relative',
    'unix://',
    'npipe:////./pipe/x',
  ])('is none of this machine when DOCKER_HOST is %s, and this is said', (dockerHost) => {
    expect(unixSocketOf(dockerHost)).toBeUndefined();
    expect(() => findSocket({ ...NOTHING, dockerHost, exists: () => true })).toThrow(EngineUnusable);
    expect(() => findSocket({ ...NOTHING, dockerHost })).toThrow(/WB_DOCKER_SOCKET/);
  });

  it('that is nowhere is told with where it was looked for and what to do', () => {
    const find = () => findSocket({ ...NOTHING, exists: () => false });
    expect(find).toThrow(EngineUnusable);
    expect(find).toThrow('/home/ada/.docker/run/docker.sock');
    expect(find).toThrow('WB_LOCAL_RUNTIME=process');
    const nobody = { ...NOTHING, home: undefined, runtimeDir: undefined, exists: () => false };
    expect(() => findSocket(nobody)).toThrow('/var/run/docker.sock');
  });
});

describe('an engine that cannot be reached', () => {
  it.each([
    ['EACCES', 'You may not use'],
    ['EPERM', 'You may not use'],
    ['ENOENT', 'is not running, or has its socket elsewhere'],
    ['ECONNREFUSED', 'is not running'],
    ['ECONNRESET', 'does not answer as one (ECONNRESET)'],
  ])('by %s is told with what to do', (code, told) => {
    const error = Object.assign(new Error('connect failed'), { code });
    const { message, cause } = toEngineUnusable('/var/run/docker.sock', error);
    expect(message).toContain(told);
    expect(message).toContain('/var/run/docker.sock');
    expect(cause).toBe(error);
  });

  it('since it is none is told with what it said', () => {
    expect(toEngineUnusable('/x.sock', new Error('page not found')).message).toContain('(page not found)');
  });
});

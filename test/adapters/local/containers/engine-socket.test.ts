import { describe, expect, it } from 'vitest';
import {
  EngineUnusable,
  findSocket,
  toEngineUnusable,
  unixSocketOf,
} from '#adapters/local/containers/engine-socket.ts';

const NOTHING = { socket: undefined, dockerHost: undefined, home: '/home/ada', runtimeDir: '/run/user/1000' };

describe('the socket of the container engine', () => {
  it('is WB_DOCKER_SOCKET if it is set', () => {
    const search = {
      ...NOTHING,
      socket: '/my/own.sock',
      dockerHost: 'unix:///other.sock',
      exists: () => true,
    };
    expect(findSocket(search)).toBe('/my/own.sock');
  });

  it('is DOCKER_HOST before the default sockets', () => {
    const search = { ...NOTHING, dockerHost: 'unix:///run/podman.sock', exists: () => true };
    expect(findSocket(search)).toBe('/run/podman.sock');
  });

  it.each([
    '/var/run/docker.sock',
    '/home/ada/.docker/run/docker.sock',
    '/run/user/1000/docker.sock',
    '/run/user/1000/podman/podman.sock',
    '/run/podman/podman.sock',
  ])('is %s if no other one exists', (path) => {
    expect(findSocket({ ...NOTHING, exists: (candidate) => candidate === path })).toBe(path);
  });

  it.each([
    'tcp://10.0.0.7:2375',
    'ssh://ada@example.org',
    'unix://relative',
    'unix://',
    'npipe:////./pipe/x',
  ])('is refused with advice when DOCKER_HOST is %s', (dockerHost) => {
    expect(unixSocketOf(dockerHost)).toBeUndefined();
    expect(() => findSocket({ ...NOTHING, dockerHost, exists: () => true })).toThrow(EngineUnusable);
    expect(() => findSocket({ ...NOTHING, dockerHost })).toThrow(/WB_DOCKER_SOCKET/);
  });

  it('is reported missing with the searched paths and advice', () => {
    const find = () => findSocket({ ...NOTHING, exists: () => false });
    expect(find).toThrow(EngineUnusable);
    expect(find).toThrow('/home/ada/.docker/run/docker.sock');
    expect(find).toThrow('WB_LOCAL_RUNTIME=process');
    const minimal = { ...NOTHING, home: undefined, runtimeDir: undefined, exists: () => false };
    expect(() => findSocket(minimal)).toThrow('/var/run/docker.sock');
  });
});

describe('toEngineUnusable', () => {
  it.each([
    ['EACCES', 'Access to the container engine'],
    ['EPERM', 'Access to the container engine'],
    ['ENOENT', 'is not running, or it uses another socket'],
    ['ECONNREFUSED', 'is not running'],
    ['ECONNRESET', 'does not respond like a container engine (ECONNRESET)'],
  ])('gives advice for %s', (code, advice) => {
    const error = Object.assign(new Error('connect failed'), { code });
    const { message, cause } = toEngineUnusable('/var/run/docker.sock', error);
    expect(message).toContain(advice);
    expect(message).toContain('/var/run/docker.sock');
    expect(cause).toBe(error);
  });

  it('contains the message of a server that is not an engine', () => {
    expect(toEngineUnusable('/x.sock', new Error('page not found')).message).toContain('(page not found)');
  });
});

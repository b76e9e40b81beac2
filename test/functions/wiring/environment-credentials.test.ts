import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '#functions/wiring/environment-credentials.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the credentials of a bundled function', () => {
  it('are read from the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'key');
    vi.stubEnv('AWS_SESSION_TOKEN', undefined);
    expect(await defaultProvider()()).toEqual({ accessKeyId: 'id', secretAccessKey: 'key' });
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    expect(await defaultProvider()()).toMatchObject({ sessionToken: 'token' });
  });

  it.each(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])('are missing without %s', async (missing) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'key');
    vi.stubEnv(missing, undefined);
    await expect(defaultProvider()()).rejects.toThrow('no AWS credentials');
  });
});

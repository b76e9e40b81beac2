import { describe, expect, it } from 'vitest';
import { checkImage, type ImageRequirements } from '#tools/image/image-check.ts';
import type { ImageFacts } from '#tools/image/image-facts.ts';

const REQUIRED: ImageRequirements = {
  architecture: 'amd64',
  uid: 1000,
  gid: 1000,
  mountPath: '/workbench',
  hasHealthCommand: false,
};
const GOOD: ImageFacts = {
  architecture: 'amd64',
  sizeBytes: 1_234_000_000,
  user: '1000:1000',
  healthCheck: { intervalSeconds: 30, startIntervalSeconds: 1 },
  programs: new Set(['sh', 'sleep', 'curl']),
  mountPathOwner: undefined,
};

const problemsOf = (facts: Partial<ImageFacts>, required: Partial<ImageRequirements> = {}) =>
  checkImage({ ...GOOD, ...facts }, { ...REQUIRED, ...required }).problems;
const notesOf = (facts: Partial<ImageFacts>) => checkImage({ ...GOOD, ...facts }, REQUIRED).notes.slice(1);

it('an image that follows the advice has no problems, and one note: its size', () => {
  expect(checkImage(GOOD, REQUIRED)).toEqual({ problems: [], notes: ['Its size is 1,234 MB.'] });
});

describe('a problem of an image is', () => {
  it('another architecture', () => {
    expect(problemsOf({ architecture: 'arm64' })).toEqual([
      expect.stringContaining('docker build --platform linux/amd64'),
    ]);
  });

  it('a folder at the mount path with another owner or group', () => {
    expect(problemsOf({ mountPathOwner: { uid: 1000, gid: 1000 } })).toEqual([]);
    for (const mountPathOwner of [
      { uid: 0, gid: 1000 },
      { uid: 1000, gid: 0 },
    ])
      expect(problemsOf({ mountPathOwner })).toEqual([expect.stringContaining('Remove the folder')]);
    expect(problemsOf({ mountPathOwner: { uid: 1000, gid: 1000 } }, { uid: 2000 })).toHaveLength(1);
  });

  it('no program for the health check, unless the settings have a health check', () => {
    const programs = new Set(['sh', 'sleep']);
    expect(problemsOf({ programs })).toEqual([expect.stringContaining('curl, wget, bash and python3')]);
    expect(problemsOf({ programs }, { hasHealthCommand: true })).toEqual([]);
    for (const program of ['curl', 'wget', 'bash', 'python3'])
      expect(problemsOf({ programs: new Set([...programs, program]) })).toEqual([]);
  });

  it('no shell or no `sleep`', () => {
    expect(problemsOf({ programs: new Set(['curl', 'sh']) })).toEqual([expect.stringContaining('`sleep`')]);
    expect(problemsOf({ programs: new Set(['curl', 'sleep']) })).toEqual([expect.stringContaining('`sh`')]);
  });
});

describe('a note about an image names', () => {
  it('another user', () => {
    expect(notesOf({ user: '1000' })).toEqual([]);
    expect(notesOf({ user: '' })).toEqual([expect.stringContaining('Its user is root.')]);
    expect(notesOf({ user: 'jovyan' })).toEqual([expect.stringContaining('Its user is jovyan.')]);
  });

  it('a folder at the mount path, which makes each start slower', () => {
    expect(notesOf({ mountPathOwner: { uid: 1000, gid: 1000 } })).toEqual([
      expect.stringContaining('each start takes about a second longer'),
    ]);
  });

  it('a missing start interval', () => {
    for (const healthCheck of [undefined, { intervalSeconds: 0, startIntervalSeconds: 0 }])
      expect(notesOf({ healthCheck })).toEqual([expect.stringContaining('--start-interval=1s')]);
  });

  it('an interval that is too short for the readiness container', () => {
    expect(notesOf({ healthCheck: { intervalSeconds: 5, startIntervalSeconds: 1 } })).toEqual([
      expect.stringContaining('5 s, also applies to the readiness container'),
    ]);
  });
});

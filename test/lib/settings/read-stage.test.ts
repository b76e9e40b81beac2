import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listStages, readStage } from '#lib/settings/read-stage.ts';
import { MINIMAL_STAGE } from '../some-stage.ts';

describe('the settings that come with the sources', () => {
  for (const stage of listStages()) {
    it(`of ${stage} are valid`, () => {
      expect(readStage(stage).stage).toBe(stage);
    });
  }

  it('are those of staging, which runs what was pushed last, and of production, which does not', () => {
    expect(listStages()).toEqual(expect.arrayContaining(['prod', 'staging']));
    expect(readStage('staging').image.tag).toBe('latest');
    expect(readStage('prod')).toMatchObject({ production: true });
  });
});

describe('reading a stage', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stages-'));
    await writeFile(join(folder, 'good.json'), JSON.stringify(MINIMAL_STAGE));
    await writeFile(join(folder, 'broken.json'), '{');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('takes its name from its file', () => {
    expect(readStage('good', folder).installation).toBe('workbench-good');
  });

  it('of a name that is none names those that there are', () => {
    for (const name of ['none', '../secret', 'undefined']) {
      expect(() => readStage(name, folder)).toThrow('there is no such stage; there are: broken, good');
    }
  });

  it('says which file is no JSON', () => {
    expect(() => readStage('broken', folder)).toThrow('settings/broken.json is not valid');
  });
});

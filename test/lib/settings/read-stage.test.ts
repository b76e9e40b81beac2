import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listStages, readStage } from '#lib/settings/read-stage.ts';
import { MINIMAL_STAGE } from '../some-stage.ts';

describe('the stages of this repository', () => {
  for (const stage of listStages()) {
    it(`include ${stage}, which is valid`, () => {
      expect(readStage(stage).stage).toBe(stage);
    });
  }

  it('include staging, which runs the latest image, and production, which pins one', () => {
    expect(listStages()).toEqual(expect.arrayContaining(['prod', 'staging']));
    expect(readStage('staging').image.tag).toBe('latest');
    expect(readStage('prod')).toMatchObject({ production: true });
  });
});

describe('readStage', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stages-'));
    await writeFile(join(folder, 'good.json'), JSON.stringify(MINIMAL_STAGE));
    await writeFile(join(folder, 'broken.json'), '{');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('derives the installation from the name of the stage', () => {
    expect(readStage('good', folder).installation).toBe('workbench-good');
  });

  it('lists the existing stages if the name is unknown', () => {
    for (const name of ['none', '../secret', 'undefined']) {
      expect(() => readStage(name, folder)).toThrow(
        'the stage does not exist; existing stages: broken, good',
      );
    }
  });

  it('reports the file that is not valid JSON', () => {
    expect(() => readStage('broken', folder)).toThrow('stages/broken.json is not valid');
  });
});

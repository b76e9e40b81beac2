import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { listStages, readStage } from '#lib/settings/read-stage.ts';
import { synthesizeStage } from '#tools/synthesize-stage.ts';
import { codeIn, sectionsOf, subsectionsOf } from './headings.ts';
import { alarmsOf, missingLogGroups, type SynthesizedStage } from './synthesized-stage.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

let stages: readonly SynthesizedStage[] = [];
beforeAll(async () => {
  const allSettings = listStages().map((name) => readStage(name));
  stages = await Promise.all(
    allSettings.map(async (settings) => ({ settings, templates: await synthesizeStage(settings) })),
  );
  expect(stages).not.toEqual([]);
});

it('docs/operations.md explains every alarm of every stage', () => {
  const explained = subsectionsOf(sectionsOf(PAGE), 'Alarms').flatMap(({ title }) => codeIn(title));
  const alarms = new Set(stages.flatMap(alarmsOf));
  expect([...alarms].filter((name) => !explained.includes(name))).toEqual([]);
});

it('docs/operations.md names only log groups that every stage has', () => {
  const named = codeIn(PAGE).filter((text) => text.startsWith('/') && text.includes('<installation>'));
  for (const stage of stages) expect(missingLogGroups(named, stage), stage.settings.stage).toEqual([]);
});

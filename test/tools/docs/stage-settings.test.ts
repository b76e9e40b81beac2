import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { listStages, STAGES_FOLDER } from '#lib/settings/read-stage.ts';
import { stageSchemaText, stageSettingsSection } from '#tools/docs/settings-page.ts';

describe('the section about stages in docs/settings.md', () => {
  const section = stageSettingsSection();

  it('has unit, accepted values, default and meaning of each setting', () => {
    expect(section).toContain(
      '| `storage.backupRetentionDays` | days | a whole number from 1 to 3,650 | `35` | Retention of the daily backups',
    );
    expect(section).toContain(
      '| `capacityProviders[].maxInstances` |  | a whole number from 1 to 1,000 | *required* |',
    );
    expect(section).toContain('| `auth.oidc.issuer` |');
    expect(section).toContain('| `dedicated.instanceTypes[].vcpus` |');
  });

  it('has no row without a meaning', () => {
    for (const row of section.split('\n').filter((line) => line.startsWith('| `'))) {
      expect(row.split(' | ').at(-1)?.length, row).toBeGreaterThan(5);
    }
  });
});

describe('the schema for editors', () => {
  const schema = JSON.parse(stageSchemaText()) as {
    properties: Record<string, { properties?: Record<string, { description?: string }> }>;
  };

  it('contains every setting of the functions that a stage can override', () => {
    const { functions } = schema.properties;
    for (const [name, { description }] of Object.entries(SETTINGS)) {
      if (!name.startsWith('WB_') || ['WB_TABLE_NAME', 'WB_TEMPLATES'].includes(name)) continue;
      expect(functions?.properties?.[name]?.description).toContain(description);
    }
    expect(functions?.properties).not.toHaveProperty('WB_TABLE_NAME');
  });

  it('is the one to which the stages refer', () => {
    for (const stage of listStages()) {
      const content = JSON.parse(readFileSync(join(STAGES_FOLDER, `${stage}.json`), 'utf8')) as {
        $schema: string;
      };
      const file = join(STAGES_FOLDER, content.$schema);
      expect(readFileSync(file, 'utf8')).toBe(stageSchemaText());
    }
  });
});

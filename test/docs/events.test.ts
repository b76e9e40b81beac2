import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EVENT_FILE_DAYS, EVENT_FILE_MAX_BYTES } from '#adapters/local/day-files.ts';
import { workbenchEventSchema } from '#contract/workbench-event.ts';
import {
  WORKBENCH_EVENT_MAX_BYTES,
  WORKBENCH_EVENT_SOURCE,
  WORKBENCH_EVENTS,
} from '#core/workbench/workbench-event.ts';
import { eventBusNameOf } from '#lib/deployment-names.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const PAGE = readFileSync(join(DOCS, 'events.md'), 'utf8');

const blockOf = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(PAGE)?.[1] ?? '';

describe('docs/events.md', () => {
  it('has an event that follows the schema', () => {
    const example = JSON.parse(blockOf('json'));
    expect(workbenchEventSchema.parse(example)).toEqual(example);
  });

  it('has a rule that matches an idle warning of the controller, on the bus of an installation', () => {
    const tags = ['!Ref', '!GetAtt'].map((tag) => ({ tag, resolve: (text: string) => text }));
    const { Resources } = parse(blockOf('yaml'), { customTags: tags });
    const { EventBusName, EventPattern, Targets } = Resources.IdleWarnings.Properties;
    expect(EventBusName).toBe(eventBusNameOf('workbench-prod'));
    expect(EventPattern.source).toEqual([WORKBENCH_EVENT_SOURCE]);
    expect(EventPattern['detail-type']).toEqual([WORKBENCH_EVENTS.idle_warned]);
    const example = JSON.parse(blockOf('json'));
    for (const [field, values] of Object.entries(EventPattern.detail))
      expect(values).toContain(example[field]);
    for (const path of Object.values(Targets[0].InputTransformer.InputPathsMap) as string[])
      expect(example).toHaveProperty(path.replace('$.detail.', ''));
  });

  it('names the limits of the code', () => {
    expect(PAGE).toContain(`at most ${WORKBENCH_EVENT_MAX_BYTES / 1024} KB`);
    expect(PAGE).toContain(`has ${EVENT_FILE_MAX_BYTES / 1024 / 1024} MiB on this day`);
    expect(EVENT_FILE_DAYS).toBe(7);
  });
});

it('the JSON schema requires the fields that every event has, and allows further ones', () => {
  const schema = JSON.parse(readFileSync(join(DOCS, 'workbench-event.schema.json'), 'utf8'));
  expect(schema.required.toSorted()).toEqual(
    ['history_type', 'id', 'name', 'owner', 'status', 'time', 'type', 'version', 'workbench_id'].toSorted(),
  );
  expect(schema.additionalProperties).toEqual({});
  expect(schema.properties.type.enum).toEqual(Object.keys(WORKBENCH_EVENTS));
});

import { describe, expect, it } from 'vitest';
import { templatesResponseSchema } from '#contract/template-bodies.ts';
import { buildListTemplates } from '#functions/api/list-templates.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

function setUp(env: Readonly<Record<string, string>> = {}) {
  return buildListTemplates(worldWithIds().ports, settingsWith(env));
}

describe('GET /templates', () => {
  it('returns to every user the templates and sizes with their prices', async () => {
    const handler = setUp({
      WB_SIZES: 's:512:1024,gpu:4096:8192:1',
      WB_TEMPLATES: JSON.stringify([
        {
          name: 'training',
          title: 'Training',
          description: 'With a GPU.',
          size: 'gpu',
          idle_stop_minutes: 240,
        },
        { name: 'own', title: 'Own', allocated_instance_type: 'm7i.large', labels: { kind: 'own' } },
      ]),
    });
    const { status, body } = await call(handler, { authorizer: tokenOf('ada') });
    expect(status).toBe(200);
    expect(templatesResponseSchema.parse(body)).toEqual(body);
    expect(body.items).toEqual([
      {
        name: 'training',
        title: 'Training',
        description: 'With a GPU.',
        ...{ requested_cpu: 4096, requested_memory: 8192, requested_gpu: 1 },
        idle_stop_minutes: 240,
        per_hour_running: 0.8,
      },
      {
        name: 'own',
        title: 'Own',
        ...{ requested_cpu: 1024, requested_memory: 2048, requested_gpu: 0 },
        allocated_instance_type: 'm7i.large',
        labels: { kind: 'own' },
      },
    ]);
    expect(body.sizes).toEqual([
      expect.objectContaining({ name: 's', requested_cpu: 512, per_hour_running: expect.any(Number) }),
      expect.objectContaining({ name: 'gpu', requested_gpu: 1, per_hour_running: 0.8 }),
    ]);
    expect(body).toMatchObject({ currency: 'USD', basis: expect.stringContaining('not the bill') });
  });

  it('lists no template by default, and multiples of the default size', async () => {
    const { body } = await call(setUp(), { query: 'user_id=ada' });
    expect(body.items).toEqual([]);
    expect(body.sizes).toMatchObject([
      { name: 'small', requested_cpu: 1024, requested_memory: 2048 },
      { name: 'medium', requested_cpu: 2048, requested_memory: 4096 },
      { name: 'large', requested_cpu: 4096, requested_memory: 8192 },
    ]);
  });

  it('leaves out what no request may have, and what nothing can hold', async () => {
    const limited = await call(setUp({ WB_MAX_CPU: '2048' }), { query: 'user_id=ada' });
    expect(limited.body.sizes).toMatchObject([{ name: 'small' }, { name: 'medium' }]);
    const env = {
      WB_SIZES: 'small:1024:2048,huge:65536:2048',
      WB_TEMPLATES: JSON.stringify([{ name: 'none', title: 'None', allocated_instance_type: 'x1.huge' }]),
    };
    const { body } = await call(setUp(env), { query: 'user_id=ada' });
    expect(body).toMatchObject({ items: [], sizes: [{ name: 'small' }] });
    expect(body.sizes).toHaveLength(1);
  });
});

import { expect, test } from 'vitest';
import { buildRoutes, type LocalPorts } from '#local/handlers.ts';
import { readLocalSettings } from '#local/settings.ts';

test('only the routes with a schema of the body read one', () => {
  // The functions use their ports when they are called.
  const routes = buildRoutes({} as LocalPorts, { ...readLocalSettings({}).functions, BASE_URL: 'http://x' });
  const withBody = routes.flatMap(({ method, path, hasBody }) => (hasBody ? [`${method} ${path}`] : []));
  expect(withBody).toEqual([
    'POST /workbenches',
    'PATCH /workbenches/{wid}',
    'POST /workbenches/{wid}/extend',
    'POST /workbenches/{wid}/activity',
    'POST /workbenches/{wid}/open',
    'POST /workbenches/{wid}/owner',
    'PUT /workbenches/{wid}/shares/{grantee}',
    'POST /workbenches/{wid}/share-links',
    'POST /share-links/preview',
    'POST /share-links/redeem',
    'POST /sweeps',
    'POST /machines/{machine_id}/drain',
    'PUT /quotas/{scope}',
  ]);
});

import { PARAMETERS } from './parameters.ts';
import type { Route } from './route.ts';
import { templatesResponseSchema } from './template-bodies.ts';

const { user_id } = PARAMETERS;

/** The route about what users choose by name, for contract/routes.ts. */
export const TEMPLATE_ROUTES = [
  {
    method: 'GET',
    path: '/templates',
    operationId: 'listTemplates',
    access: 'user',
    summary:
      'Lists the templates and sizes that a workbench can be created with, and what they cost an hour.',
    description:
      'Those of the settings WB_TEMPLATES and WB_SIZES, without those that no instance type of the installation can hold. `POST /workbenches` takes their names. Whether the quota of the user allows one, a dry run of `POST /workbenches` says.',
    parameters: [user_id],
    responses: { 200: { description: 'The templates and sizes.', schema: templatesResponseSchema } },
    errors: ['invalid_request'],
  },
] as const satisfies readonly Route[];

import { LINK_USES_MAX, LINKS_MAX } from '#core/ports/share-link-store.ts';
import { PARAMETERS } from './parameters.ts';
import { successSchema } from './response-bodies.ts';
import { ROUTE_ACTIONS, type Route } from './route.ts';
import {
  codeBodySchema,
  createdLinkResponseSchema,
  foundLinkResponseSchema,
  linkBodySchema,
  linksResponseSchema,
} from './share-link-bodies.ts';

const { user_id, wid, link_id, shares } = PARAMETERS;

/** The routes of links that give shares. */
export const SHARE_LINK_ROUTES = [
  {
    method: 'GET',
    path: '/workbenches/{wid}/share-links',
    operationId: 'listShareLinks',
    access: 'user',
    action: ROUTE_ACTIONS.listShareLinks,
    summary: 'Lists the links of a workbench that can be redeemed, the oldest first.',
    description: 'For the owner and administrators. The items do not contain the codes of the links.',
    parameters: [wid, user_id],
    responses: { 200: { description: 'The links.', schema: linksResponseSchema } },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/share-links',
    operationId: 'createShareLink',
    access: 'user',
    action: ROUTE_ACTIONS.createShareLink,
    summary: 'Creates a link with which other users give themselves a share of a workbench.',
    description: `For the owner and administrators. Up to \`uses\` users (at most ${LINK_USES_MAX}) can redeem it, and each gets a share of its own with the role and the end of the link. Without \`expires_at\` it can be redeemed for 7 days. A workbench has at most ${LINKS_MAX} links that can be redeemed; one more gets 429 with the reason \`link_limit\`. Only this response contains the code of the link. Everybody who has it can use it: send it to those alone who may have the right.`,
    parameters: [wid, user_id],
    body: linkBodySchema,
    responses: { 200: { description: 'The link, with its code.', schema: createdLinkResponseSchema } },
    errors: [
      'invalid_request',
      'workbench_not_found',
      'deleting',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
  {
    method: 'DELETE',
    path: '/workbenches/{wid}/share-links/{link_id}',
    operationId: 'deleteShareLink',
    access: 'user',
    action: ROUTE_ACTIONS.deleteShareLink,
    summary: 'Revokes a link. Has no effect if there is none.',
    description:
      'For the owner and administrators. The shares that it gave stay, unless `shares` is `true`: also after the link itself is gone. The body is ignored.',
    parameters: [wid, link_id, shares, user_id],
    responses: { 200: { description: 'There is no such link any more.', schema: successSchema } },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'POST',
    path: '/share-links/preview',
    operationId: 'previewShareLink',
    access: 'user',
    summary: 'Returns what a link would give to the user.',
    description: 'It counts no use. The code is in the body, because addresses are logged.',
    parameters: [user_id],
    body: codeBodySchema,
    responses: { 200: { description: 'The link.', schema: foundLinkResponseSchema } },
    errors: ['invalid_request', 'link_not_found', 'payload_too_large', 'unsupported_media_type'],
  },
  {
    method: 'POST',
    path: '/share-links/redeem',
    operationId: 'redeemShareLink',
    access: 'user',
    summary: 'Gives the user the share of a link, and counts a use of it.',
    description:
      'Repeated by the same user it counts no further use. A link takes no right away: a share that the user has already is replaced only if the link gives the same or more rights for the same or a longer time.',
    parameters: [user_id],
    body: codeBodySchema,
    responses: { 200: { description: 'The link that was redeemed.', schema: foundLinkResponseSchema } },
    errors: ['invalid_request', 'link_not_found', 'deleting', 'payload_too_large', 'unsupported_media_type'],
  },
] as const satisfies readonly Route[];

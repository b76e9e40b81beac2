import { readGateSettings } from '#contract/settings/gate-settings.ts';
import { lookOf, type PageLook } from '#gate/pages/page-renderer.ts';

export const DEFAULT_LOOK: PageLook = lookOf(readGateSettings({}));

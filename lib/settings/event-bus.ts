import type * as z from 'zod/mini';
import { choice } from './setting-types.ts';

export const eventBusSetting = choice({
  description:
    'The bus of EventBridge on which workbench events are published for other systems. `own`: a bus `<installation>-events` of this installation. `default`: the default bus of the account, on which AWS publishes its events, too. With `none` nothing is published.',
  of: ['none', 'own', 'default'],
});

export type EventBusSetting = z.infer<typeof eventBusSetting>;

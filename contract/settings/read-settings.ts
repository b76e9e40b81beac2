import { SETTING_RULES } from './function-setting-rules.ts';
import { SETTINGS, type Settings } from './function-settings.ts';
import { type Environment, parseSettings } from './setting.ts';

/**
 * Reads every setting of the functions.
 * @throws SettingsError with every invalid setting
 */
export function readSettings(env: Environment): Settings {
  return parseSettings(SETTINGS, SETTING_RULES, env);
}

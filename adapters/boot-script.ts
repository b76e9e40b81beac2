/**
 * Replaces the command of an image when WB_BOOT_COMMAND is set: a script for `sh -c` that creates the project
 * folder, starts the image's reporter of activity if it has one (docs/idle-stop.md#for-programs), and executes the boot command. Both
 * values come from environment variables, so that no value is interpolated into the script. `image/boot.sh` does the same for the
 * example image.
 */
export const BOOT_SCRIPT = [
  'mkdir -p "$WORKSPACE_PATH" && cd "$WORKSPACE_PATH" || exit',
  'if command -v workbench-activity >/dev/null; then (workbench-activity "$$" &); fi',
  'exec /bin/sh -c "$WB_BOOT_COMMAND"',
].join('\n');

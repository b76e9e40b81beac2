/**
 * What a container is begun with in place of its image's own command, for `sh -c`: prepares the project folder,
 * then becomes the boot command. Both come by environment (WORKSPACE_PATH, WB_BOOT_COMMAND): nothing is pasted
 * into it. `image/boot.sh` does the same for the example image, which has a command of its own.
 */
export const BOOT_SCRIPT =
  'mkdir -p "$WORKSPACE_PATH" && cd "$WORKSPACE_PATH" && exec /bin/sh -c "$WB_BOOT_COMMAND"';

// Runs after every npm install, in plain JavaScript, because the Node.js of the system may be too old for TypeScript.
// The project's Node.js is an optional package for each platform, each with a command `node`. npm 10 links the command
// of the matching package, and then removes the link together with the other packages. This script restores the link.
// npm 11 does not need it.
import { existsSync, lstatSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = join(dirname(fileURLToPath(import.meta.url)), '../node_modules');
const name = `node-${process.platform}-${process.arch}`;
const link = join(modules, '.bin/node');

if (existsSync(join(modules, name, 'bin/node')) && !existsSync(link)) {
  // A broken link of an install on another platform.
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync(`../${name}/bin/node`, link);
}

// Runs after every install, in plain JavaScript: the Node.js that runs it may be the machine's own, older one.
//
// The Node.js of this project comes as one optional package for each kind of machine, all with a command `node`.
// npm 10 sets up the command of the one that fits, then removes it together with those that do not. It is put
// back here; npm 11 leaves nothing to do.
import { existsSync, lstatSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = join(dirname(fileURLToPath(import.meta.url)), '../node_modules');
const name = `node-${process.platform}-${process.arch}`;
const link = join(modules, '.bin/node');

if (existsSync(join(modules, name, 'bin/node')) && !existsSync(link)) {
  // Left over from an install on another kind of machine, it leads nowhere.
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync(`../${name}/bin/node`, link);
}

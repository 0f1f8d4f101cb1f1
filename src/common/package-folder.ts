import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json, which is above this file both in the sources and in the build. */
export const packageFolder = folderAbove(__dirname);

function folderAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`there is no package.json above ${__dirname}`);
  return folderAbove(parent);
}

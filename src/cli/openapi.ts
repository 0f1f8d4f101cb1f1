import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { openApiDocument } from './openapi-document';
import { print, runCommand } from './run-command';

runCommand(async () => {
  writeFileSync('openapi.json', await openApiDocument());
  print('Wrote openapi.json.');
  return 0;
});

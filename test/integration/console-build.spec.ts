import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serveConsole } from '../../src/console/console';

@Module({})
class Nothing {}

const SCRIPT = pathToFileURL(resolve(__dirname, '../../scripts/publish-web.mjs')).href;
const BUILDS = 60;
const DAY_MS = 86_400_000;

/** Publishes builds whose page names one file each, in a process of its own, as `npm run build` does. */
function publishBuilds(folder: string, first: number, last: number) {
  const code = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { publish } from '${SCRIPT}';
    for (let build = ${first}; build <= ${last}; build += 1) {
      mkdirSync('next/assets', { recursive: true });
      writeFileSync('next/assets/index-' + build + '.js', String(build));
      writeFileSync('next/index.html', '<script src="./assets/index-' + build + '.js"></script>');
      await publish('next', 'web');
    }`;
  return spawn(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder, stdio: 'inherit' });
}

const scriptIn = (page: string): string => /assets\/[^"]+/.exec(page)?.[0] ?? 'no script';

describe('a build of the console', () => {
  let folder: string;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'console-build-'));
    await once(publishBuilds(folder, 1, 1), 'exit');
    app = await NestFactory.create<NestFastifyApplication>(Nothing, new FastifyAdapter(), { logger: false });
    await serveConsole(app, join(folder, 'web'));
    await app.init();
  });
  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  it('takes nothing away from a service that runs, nor from one that starts meanwhile', async () => {
    const status = async (path: string) => (await app.inject({ url: `/console/${path}` })).statusCode;
    const builds = publishBuilds(folder, 2, BUILDS);
    const ended = once(builds, 'exit');
    const seen = new Set<string>();
    while (builds.exitCode === null) {
      const served = scriptIn((await app.inject({ url: '/console/gateways' })).body);
      expect([served, await status(served)]).toEqual(['assets/index-1.js', 200]);
      const script = scriptIn(await readFile(join(folder, 'web/index.html'), 'utf8'));
      expect([script, await status(script)]).toEqual([script, 200]);
      seen.add(script);
    }
    expect(await ended).toEqual([0, null]);
    expect(seen.size).toBeGreaterThan(1);
  });

  it('deletes the files of builds that are older than a day', async () => {
    const old = new Date(Date.now() - DAY_MS - 60_000);
    for (const build of [1, 2]) await utimes(join(folder, `web/assets/index-${build}.js`), old, old);
    await once(publishBuilds(folder, 2, 2), 'exit');
    const names = await readdir(join(folder, 'web/assets'));
    expect(names).not.toContain('index-1.js');
    expect(names).toEqual(expect.arrayContaining(['index-2.js', 'index-3.js']));
    expect(await readdir(folder)).toEqual(['web']);
  });
});

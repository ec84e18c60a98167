// Runs the page's unit tests under node's own runner: bundled, since node does not read TypeScript.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const to = mkdtempSync(join(tmpdir(), 'teal-page-'));
const names = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
await esbuild.build({entryPoints: names.map((name) => join(here, name)), outdir: to, outExtension: {'.js': '.mjs'}, bundle: true, platform: 'node',
  format: 'esm', logLevel: 'warning'});
const {status} = spawnSync(process.execPath, ['--test', ...names.map((name) => join(to, name.replace('.ts', '.mjs')))], {stdio: 'inherit'});
rmSync(to, {recursive: true});
process.exit(status ?? 1);

// The page as teald serves it: one script and one style sheet, from src/ and the libraries that package-lock.json names.
// Usage: node build.mjs [DIRECTORY], by default daemon/web, whose files are committed: a machine that builds teald
// needs no npm. The test web.bundle sees to it that they are what this makes.
import {readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const to = process.argv[2] ?? join(here, '../daemon/web');
const {dependencies} = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const libraries = [...Object.keys(dependencies), '@preact/signals-core'].sort();

await esbuild.build({
  absWorkingDir: here, entryPoints: {app: 'src/main.tsx'}, outdir: to, bundle: true, minify: true, format: 'iife', target: 'es2022', charset: 'utf8',
  jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none',
  banner: {js: '// Made by web/build.mjs from web/src; licences in licences.txt.'}});
writeFileSync(join(to, 'licences.txt'), libraries.map((name) => {
  const {version, homepage = ''} = JSON.parse(readFileSync(join(here, 'node_modules', name, 'package.json'), 'utf8'));
  return `${name} ${version} ${homepage}\n\n${readFileSync(join(here, 'node_modules', name, 'LICENSE'), 'utf8').trim()}\n`;
}).join('\n\n'));

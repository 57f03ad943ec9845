// Bundles styles, modules and fonts into static/dist.
//
// Every file's name carries a hash of its content; manifest.json maps the plain
// names to those, so that browsers may keep a file for as long as they like.
// Beside each text lie its compressed forms, which the server hands out as they are.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import * as esbuild from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, 'dist');
const watch = process.argv.includes('--watch');

const writeManifest = {
  name: 'manifest',
  setup(build) {
    build.onEnd(async ({ metafile, errors }) => {
      if (errors.length > 0) return;
      const manifest = {};
      for (const [output, { entryPoint, inputs }] of Object.entries(metafile.outputs)) {
        // A font is no entry point; it is named by the one file that it is made of.
        const source = entryPoint ?? (output.endsWith('.woff2') ? Object.keys(inputs)[0] : null);
        if (source) manifest[path.basename(source)] = path.relative(dist, path.resolve(output));
      }
      await writeFile(
        path.join(dist, `manifest-${build.initialOptions.format}.json`),
        JSON.stringify(manifest),
      );
    });
  },
};

// By the ending that the server looks for.
const COMPRESSED = {
  gz: (content) => promisify(gzip)(content, { level: 9 }),
  br: promisify(brotliCompress),
};

async function compress() {
  const names = await readdir(dist, { recursive: true });
  const texts = names.filter((name) => /\.(js|css|svg)$/.test(name));
  await Promise.all(
    texts.map(async (name) => {
      const content = await readFile(path.join(dist, name));
      for (const [ending, made] of Object.entries(COMPRESSED))
        await writeFile(path.join(dist, `${name}.${ending}`), await made(content));
    }),
  );
}

const shared = {
  absWorkingDir: path.dirname(here),
  bundle: true,
  minify: !watch,
  outdir: dist,
  entryNames: '[name]-[hash]',
  assetNames: 'assets/[name]-[hash]',
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  loader: { '.woff2': 'file', '.svg': 'copy' },
  plugins: [writeManifest],
  logLevel: 'warning',
};

const builds = [
  {
    ...shared,
    format: 'esm',
    splitting: true,
    entryPoints: [
      'static/css/app.css',
      'static/js/app.js',
      'static/js/workbench.js',
      'static/js/history.js',
      'static/js/datasets.js',
      'static/js/finetune.js',
      'static/icon.svg',
    ],
  },
  // They run before the first paint, so they are no modules.
  { ...shared, format: 'iife', entryPoints: ['static/js/scheme.js', 'static/js/returning.js'] },
];

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
if (watch) {
  for (const options of builds) await (await esbuild.context(options)).watch();
} else {
  await Promise.all(builds.map((options) => esbuild.build(options)));
  await compress();
}

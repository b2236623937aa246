// Bundles src/cli.ts into dist/: one small entry and a chunk a command, so that a command loads only what it needs.
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { 'jts-hot': 'src/cli.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // koffi loads its native library from beside its own files.
  external: ['koffi'],
  define: {
    'process.env.JTS_HOT_VERSION': JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version),
  },
  legalComments: 'none',
  minifySyntax: true,
  sourcemap: false,
});

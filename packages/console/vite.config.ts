/**
 * Bundles the page into `dist/`: plain files that any server can hand out, under any path.
 *
 * Nothing is inlined, neither scripts nor images, so that the page works under a Content Security
 * Policy of `default-src 'self'`. `vite` alone serves it with a Tailrace server on the usual port.
 */

import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  resolve: {
    // MessagePack of a stranger can make msgpackr generate code for it, which the page's policy forbids
    // and the browser complains about. Its other build never does.
    alias: [{ find: /^msgpackr(\/pack)?$/, replacement: 'msgpackr/index-no-eval' }],
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { '/v1': { target: 'ws://127.0.0.1:4455', ws: true } },
  },
})

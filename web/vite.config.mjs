import { defineConfig } from 'vite';

// RELEVO is the server that `npm run dev` works against; a build needs none.
const server = process.env.RELEVO ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/console/',
  build: {
    outDir: '../server/console/dist',
    // The folder keeps its committed README, without which the server does not build; build/clear.mjs removes the rest.
    emptyOutDir: false,
    target: ['chrome111', 'firefox114', 'safari16.4'],
    // The policy of the page allows no data: fonts, so nothing is put inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  plugins: [{
    name: 'blocking-entry',
    // The entry sets language and theme before the first paint; without this a page that was set to dark flashes white.
    transformIndexHtml: { order: 'post', handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"') },
  }],
  server: {
    proxy: {
      '/console/api': server, '/dashboard': server, '/api': server, '/login': server,
      '/socket.io': { target: server, ws: true },
    },
  },
});

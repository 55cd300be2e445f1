import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const api = new URL('../api/typedoc-sidebar.json', import.meta.url);

export default defineConfig({
  title: 'unequal',
  description: 'Train TensorFlow.js models on the samples that matter.',
  lang: 'en',
  // The site may lie in any folder of its host: `BASE=/unequal/ npm run docs`.
  base: process.env.BASE ?? '/',
  rewrites: { 'results/README.md': 'results/index.md' },
  // Reports and the page to play are copied beside the pages; scripts/docs.mjs checks the links to them, and all others.
  ignoreDeadLinks: [/^\.\/play\/index$/, /report$/, /three-seeds$/, /\.svg$/],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Cookbook', link: '/cookbook' },
      { text: 'API', link: '/api/' },
      { text: 'Race it yourself', link: '/play' },
    ],
    sidebar: [
      {
        text: 'Guide',
        items: [
          { text: 'What it is', link: '/' },
          { text: 'Getting started', link: '/getting-started' },
          { text: 'How it decides', link: '/how-it-decides' },
          { text: 'Choosing a method', link: '/choosing-a-method' },
          { text: 'Your own data', link: '/own-data' },
          { text: 'Cookbook', link: '/cookbook' },
          { text: 'GPU', link: '/gpu' },
          { text: 'Beyond one machine', link: '/cluster' },
          { text: 'Questions', link: '/faq' },
          { text: 'Beside the peers', link: '/peers' },
          { text: 'Moving here', link: '/moving' },
          { text: 'Race it yourself', link: '/play' },
        ],
      },
      {
        text: 'Results',
        collapsed: true,
        items: [
          { text: 'All results', link: '/results/' },
          { text: 'Choosing the default', link: '/results/choosing-the-default' },
          { text: 'What is compiled', link: '/coverage' },
        ],
      },
      { text: 'API', collapsed: true, items: existsSync(api) ? JSON.parse(readFileSync(api, 'utf8')) : [] },
    ],
  },
});

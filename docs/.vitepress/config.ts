import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const icon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect y='9' width='4' height='7' fill='%23888'/><rect x='6' y='4' width='4' height='12' fill='%23888'/><rect x='12' width='4' height='16' fill='%23d55e00'/></svg>";
const api = new URL('../api/typedoc-sidebar.json', import.meta.url);

/** A list whose first level is open. */
const opened = (items: object[]): object[] => items.map((item) => ({ ...item, collapsed: false }));

/** Links lead to files, as on npm; that of the results is called otherwise on the site. */
function rewritten({ tokens }: { tokens: Token[] }): void {
  for (const { type, children } of tokens) {
    if (type !== 'inline') continue;
    for (const token of children ?? []) {
      const url = token.type === 'link_open' ? token.attrGet('href') : null;
      if (url) token.attrSet('href', url.replace(/\bresults\/README\.md\b/, 'results/index.md'));
    }
  }
}

interface Token {
  readonly type: string;
  readonly children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

export default defineConfig({
  title: 'unequal',
  description: 'Train TensorFlow.js models on the samples that matter.',
  lang: 'en',
  head: [['link', { rel: 'icon', href: icon }]],
  // The site may lie in any folder of its host: `BASE=/unequal/ npm run docs`.
  base: process.env.BASE ?? '/',
  rewrites: { 'results/README.md': 'results/index.md' },
  markdown: { config: (md) => md.core.ruler.push('rewritten', rewritten) },
  // Reports and the page to play are copied beside the pages; scripts/docs.mjs checks the links to them, and all others.
  ignoreDeadLinks: [/^\.\/play\/index$/, /report$/, /three-seeds$/, /\.svg$/],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Cookbook', link: '/cookbook' },
      { text: 'API', link: '/api/' },
      { text: 'Race it yourself', link: '/race-it-yourself' },
    ],
    sidebar: {
      '/api/': existsSync(api) ? opened(JSON.parse(readFileSync(api, 'utf8'))) : [],
      '/': [
        {
          text: 'Guide',
          items: [
            { text: 'What it is', link: '/' },
            { text: 'Getting started', link: '/getting-started' },
            { text: 'How it decides', link: '/how-it-decides' },
            { text: 'Choosing a method', link: '/choosing-a-method' },
            { text: 'Your own data', link: '/own-data' },
            { text: 'Wrong labels', link: '/labels' },
            { text: 'Cookbook', link: '/cookbook' },
            { text: 'GPU', link: '/gpu' },
            { text: 'Beyond one machine', link: '/cluster' },
            { text: 'Questions', link: '/faq' },
            { text: 'Beside the peers', link: '/peers' },
            { text: 'Moving here', link: '/moving' },
            { text: 'Race it yourself', link: '/race-it-yourself' },
          ],
        },
        {
          text: 'Results',
          collapsed: true,
          items: [
            { text: 'All results', link: '/results/' },
            { text: 'Choosing the default', link: '/results/choosing-the-default' },
            { text: 'Wrong labels found', link: '/results/label-errors' },
            { text: 'Hostile input', link: '/results/campaign' },
            { text: 'What is compiled', link: '/coverage' },
          ],
        },
        { text: 'API', link: '/api/' },
      ],
    },
  },
});

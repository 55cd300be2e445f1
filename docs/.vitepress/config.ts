import { defineConfig } from 'vitepress';
export default defineConfig({ title: 'unequal', srcDir: '.', srcExclude: ['results/**'] });

declare module 'virtual:page-script' {
  /** What makes a report interactive: `client/main.ts`, built. */
  export const script: string;
  /** As a content security policy names it. */
  export const hash: string;
}

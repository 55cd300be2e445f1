declare module 'virtual:digits' {
  /** A PNG of 784 × 3000 pixels, a digit a row. */
  export const url: string;
  /** How many of them are to train on; the others are to validate on. */
  export const train: number;
  /** A character for each. */
  export const labels: string;
}
declare module '*?url' {
  const url: string;
  export default url;
}
declare module '*.css';

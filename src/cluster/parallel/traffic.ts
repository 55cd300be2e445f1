/** Bytes that one process has sent to the store and had from it, for the rounds of its run. */
export interface Traffic {
  sent: number;
  received: number;
}

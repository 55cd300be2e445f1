import { count } from '../report/format.ts';

/** What the steps of a run of several processes send and receive here. */
export class TrafficMeter {
  steps = 0;
  private bytes = 0;
  private most = 1;

  step({ members = 1, traffic = 0 }: { readonly members?: number; readonly traffic?: number }): void {
    this.steps++;
    this.bytes += traffic;
    this.most = Math.max(this.most, members);
  }

  words(): string {
    const each = count(Math.round(this.bytes / Math.max(1, this.steps)));
    return `traffic: ${each} bytes a step through this process, ${this.most} processes at most`;
  }
}

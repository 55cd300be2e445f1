/** Which provider runs the operations of compiled functions, and what crosses between them, from ONNX Runtime's profiles. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { Runtime } from '../../src/compiler/index.ts';

interface Event {
  readonly cat: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string; readonly output_size?: string };
}

export interface Placement {
  /** Operations that the processor ran. */
  readonly onProcessor: Set<string>;
  /** Bytes that crossed for them, in all runs. */
  up: number;
  down: number;
}

/** onnxruntime-node with sessions that write profiles. */
export async function profiled(): Promise<{ runtime: Runtime; placement(): Promise<Placement> }> {
  const folder = await mkdtemp(join(tmpdir(), 'unequal-profile-'));
  const sessions: ort.InferenceSession[] = [];
  let made = 0;
  const runtime: Runtime = {
    ...(ort as unknown as Runtime),
    InferenceSession: {
      async create(model, options) {
        const profileFilePrefix = join(folder, `${made++}`);
        const session = await ort.InferenceSession.create(model, {
          ...options,
          enableProfiling: true,
          profileFilePrefix,
        });
        sessions.push(session);
        const release = session.release.bind(session);
        session.release = async () => {
          session.endProfiling();
          sessions.splice(sessions.indexOf(session), 1);
          await release();
        };
        return session;
      },
    },
  };
  /** Ends the profiles: to be called once, when all has run. */
  const placement = async (): Promise<Placement> => {
    for (const session of sessions) session.endProfiling();
    const result: Placement = { onProcessor: new Set(), up: 0, down: 0 };
    for (const file of await readdir(folder)) {
      for (const { cat, args } of JSON.parse(await readFile(join(folder, file), 'utf8')) as Event[]) {
        if (cat !== 'Node' || !args?.op_name) continue;
        if (args.op_name === 'MemcpyToHost') result.down += Number(args.output_size);
        else if (args.op_name === 'MemcpyFromHost') result.up += Number(args.output_size);
        else if (args.provider === 'CPUExecutionProvider') result.onProcessor.add(args.op_name);
      }
    }
    await rm(folder, { recursive: true });
    return result;
  };
  return { runtime, placement };
}

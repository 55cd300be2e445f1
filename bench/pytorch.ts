/** PyTorch in each of its settings: how it comes is not how it is fastest. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Peer } from './peer.ts';

export interface PyTorchSetting {
  readonly python: string;
  readonly threads: number;
  /** How its OpenMP threads wait for each other: asleep, or as they come, spinning. One thread waits for nobody. */
  readonly wait: 'passive' | 'as it comes';
}

interface Greeting {
  readonly version: string;
  /** Whether its matrix product is a good one. */
  readonly blas: boolean;
}

/** Settings of its libraries that would make it slower, or faster, than the setting under test. */
const tuning = /^(OPENBLAS|GOTO|OMP|GOMP|KMP|MKL|DNNL|ONEDNN|ATEN)_/;

/** The system's Python or the one named by `PYTHON`, and a second installation named by `PYTHON_2`. */
function pythons(): string[] {
  const first = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
  return process.env.PYTHON_2 ? [first, process.env.PYTHON_2] : [first];
}

const settingsOf = (python: string): PyTorchSetting[] => [
  { python, threads: 1, wait: 'passive' },
  { python, threads: 2, wait: 'passive' },
  { python, threads: 2, wait: 'as it comes' },
];

export class PyTorch {
  private constructor(
    readonly setting: PyTorchSetting,
    readonly version: string,
    private readonly peer: Peer<Greeting>,
  ) {}

  /** The script in a process for each setting. What is missing is told on stderr. */
  static async startAll(script: string, args: (setting: PyTorchSetting) => readonly string[]): Promise<PyTorch[]> {
    const all: PyTorch[] = [];
    for (const python of pythons()) {
      for (const setting of settingsOf(python)) {
        const { threads, wait } = setting;
        const env: NodeJS.ProcessEnv = { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` };
        for (const [name, value] of Object.entries(process.env)) if (!tuning.test(name)) env[name] = value;
        if (wait === 'passive') env.OMP_WAIT_POLICY = 'passive';
        const peer = await Peer.start<Greeting>([python, resolve(script), `${threads}`, ...args(setting)], env);
        const { greeting } = peer;
        if ('error' in greeting) {
          console.error(`no PyTorch of ${python} (${greeting.error}); on Debian: apt install python3-torch`);
          break;
        }
        if (!greeting.blas && threads === 1) {
          console.error(`PyTorch ${greeting.version} of ${python} runs without OpenBLAS or MKL and is no fair peer`);
        }
        all.push(new PyTorch(setting, greeting.version, peer));
      }
    }
    return all;
  }

  /** In words. */
  get name(): string {
    const { threads, wait } = this.setting;
    return `PyTorch ${this.version}, ${threads === 1 ? '1 thread' : `${threads} threads, waiting ${wait === 'passive' ? 'passively' : wait}`}`;
  }

  ask<T>(request: string): Promise<T> {
    return this.peer.ask(request);
  }

  stop(): void {
    this.peer.stop();
  }
}

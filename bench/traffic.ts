/** What a loaded graph moves through memory: read off the graph as ONNX Runtime runs it, after its own rewriting. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import proto from 'onnx-proto';
import * as ort from 'onnxruntime-node';
import type { Runtime } from '../src/compiler/runtime.ts';

const { onnx } = proto;
type Graph = InstanceType<typeof onnx.GraphProto>;

/** Bytes of one run. */
export interface Traffic {
  /** Each operation reads its inputs and writes its outputs. */
  readonly moved: number;
  /** The same of matrix products and convolutions alone, and each weight and optimizer slot written once: the rest could be done on the way. */
  readonly needed: number;
}

const products = /^(Conv|FusedConv|ConvTranspose|MatMul|FusedMatMul|Gemm|FusedGemm|LSTM|MaxPool|Attention)$/;
/** They hand their input on. */
const free = /^(Reshape|Identity|Squeeze|Unsqueeze|Flatten|Constant|Shape)$/;

const bytesOfType: Readonly<Record<number, number>> = { 1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1, 11: 8 };

/** The runtime, which also keeps the graphs that it makes of the models it is given, newest last. */
export function watched(): { runtime: Runtime; graphs: Traffic[] } {
  const graphs: Traffic[] = [];
  const runtime: Runtime = {
    ...(ort as unknown as Runtime),
    InferenceSession: {
      async create(model, options) {
        const folder = await mkdtemp(join(tmpdir(), 'unequal-bench-'));
        const file = join(folder, 'graph.onnx');
        try {
          const session = await ort.InferenceSession.create(model, { ...options, optimizedModelFilePath: file });
          graphs.push(traffic(onnx.ModelProto.decode(await readFile(file)).graph as Graph));
          return session;
        } finally {
          await rm(folder, { recursive: true });
        }
      },
    },
  };
  return { runtime, graphs };
}

function traffic(graph: Graph): Traffic {
  const { moved, needed, sizes } = count(graph, new Map());
  const written = graph.output.reduce((sum, { name }) => sum + (sizes.get(name!) ?? 0), 0);
  return { moved, needed: needed + written };
}

function count(graph: Graph, outer: ReadonlyMap<string, number>) {
  const sizes = new Map(outer);
  const shapes = new Map<string, number[]>();
  for (const { name, type } of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    const tensor = type?.tensorType;
    const dims = (tensor?.shape?.dim ?? []).map(({ dimValue }) => Number(dimValue ?? 1));
    shapes.set(name!, dims);
    sizes.set(
      name!,
      dims.reduce((a, b) => a * b, bytesOfType[tensor?.elemType ?? 1] ?? 4),
    );
  }
  for (const { name, dims, dataType } of graph.initializer) {
    sizes.set(
      name!,
      (dims ?? []).reduce((a, b) => a * Number(b), bytesOfType[dataType ?? 1] ?? 4),
    );
  }
  let moved = 0;
  let needed = 0;
  for (const { opType, input, output, attribute } of graph.node) {
    const body = attribute?.find(({ g }) => g)?.g as Graph | undefined;
    if (body) {
      const inside = count(body, sizes);
      const steps = shapes.get(input!.at(-1)!)?.[0] ?? 1;
      moved += steps * inside.moved;
      needed += steps * inside.needed;
    } else if (!free.test(opType!)) {
      const bytes = [...input!, ...output!].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
      moved += bytes;
      if (products.test(opType!)) needed += bytes;
    }
  }
  return { moved, needed, sizes };
}

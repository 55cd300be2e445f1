import * as tf from '@tensorflow/tfjs';
import { fault, type UnequalError } from '../errors.ts';
import { allVariables, type CompiledModel } from '../learner/model.ts';
import { modelJson } from '../models/foreign-model.ts';
import { loadModel } from '../models/load-model.ts';
import { printable } from '../printable.ts';
import { readCheckpoint } from './checkpoint.ts';
import { checkArray } from './learner-state.ts';
import { isObject } from './same-shape.ts';
import { checkSavedRun, type Place } from './saved-run.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { existsSync } = process.getBuiltinModule('node:fs');
const { open, readFile, realpath } = process.getBuiltinModule('node:fs/promises');
const { basename, dirname, join } = process.getBuiltinModule('node:path');

/** Bytes in which the last event of a record fits, also that of a method that failed, with all that it explains. */
const LAST = 2 ** 20;

/**
 * Reads a model as `loadModel` does. The model folder of a run of `unequal train` that was killed, or goes on, holds what the
 * run began with: of such a run the weights are those of its checkpoint, which is said.
 *
 * @throws UnequalError if there is no model, or the run has come neither to a checkpoint nor to its end.
 */
export async function loadNewestModel(path: string): Promise<tf.LayersModel> {
  const run = await unfinishedRun(path);
  const model = await loadModel(path);
  if (run === undefined) return model;
  try {
    const place = await takeWeights(model, run.checkpoint);
    if (place.epoch + place.batch === 0) throw untrained(run.name);
    console.warn(
      `unequal: ${printable(`the run ${run.name} has not come to its end: the model of ${words(place)} is used`)}`,
    );
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The run whose model is at `path`, where it has no end in its record. @throws UnequalError where it has no checkpoint either. */
async function unfinishedRun(path: string): Promise<{ name: string; checkpoint: string } | undefined> {
  const json = await modelJson(path);
  const folder = dirname(await realpath(json));
  const [run, metrics] = [dirname(folder), join(dirname(folder), 'metrics.ndjson')];
  if (basename(folder) !== 'model' || !existsSync(metrics) || !(await isTraining(run))) return undefined;
  if (await hasEnd(metrics)) return undefined;
  const checkpoint = join(run, 'checkpoint');
  if (existsSync(checkpoint)) return { name: run, checkpoint };
  throw untrained(run);
}

/** Whether a folder is one of `unequal train`: others may have files of these names. */
async function isTraining(run: string): Promise<boolean> {
  try {
    return (
      (JSON.parse(await readFile(join(run, 'config.json'), 'utf8')) as { readonly kind?: unknown }).kind === 'train'
    );
  } catch {
    return false;
  }
}

function untrained(run: string): UnequalError {
  return fault({
    wrong: `the run ${run} has no trained model`,
    got: 'one that has come neither to a checkpoint nor to its end',
    mend: 'wait for its first checkpoint; if the run was killed, train again',
  });
}

/** Whether a run has written that it ended: after its model, and taken back by the first step of whoever goes on with it. */
async function hasEnd(metrics: string): Promise<boolean> {
  const file = await open(metrics, 'r');
  try {
    const { size } = await file.stat();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LAST), 0, LAST, Math.max(0, size - LAST));
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
    // Of a run that was stopped before its first step the end is all.
    if (lines.length < 2) return false;
    const last = JSON.parse(lines.at(-1)!) as { readonly type?: unknown; readonly failed?: unknown } | null;
    // One that failed has no other end: its model is saved too.
    return last?.type === 'end' || (last?.type === 'result' && last.failed !== undefined);
  } catch {
    // A line cut short, or the end of a long one.
    return false;
  } finally {
    await file.close();
  }
}

/** Gives a model the weights of a checkpoint; how far it had been trained. @throws UnequalError if they are of another model. */
async function takeWeights(model: tf.LayersModel, checkpoint: string): Promise<Place> {
  const { place, trainer } = checkSavedRun(checkpoint, await readCheckpoint(checkpoint));
  const { learner } = trainer as { readonly learner?: unknown };
  const weights = isObject(learner) && Array.isArray(learner.weights) ? learner.weights : [];
  const variables = allVariables(model as unknown as CompiledModel);
  if (weights.length !== variables.length) {
    throw fault({
      wrong: `the weights of ${checkpoint} do not fit the model`,
      got: `${weights.length} arrays`,
      expected: `${variables.length}`,
    });
  }
  for (const [k, weight] of weights.entries()) checkArray(weight, variables[k].shape, `weight ${k}`);
  tf.tidy(() => {
    for (const [k, { data, shape, dtype }] of weights.entries()) variables[k].assign(tf.tensor(data, shape, dtype));
  });
  return place;
}

const words = ({ epoch, batch }: Place): string =>
  batch === 0 ? `epoch ${epoch}` : `epoch ${epoch + 1}, step ${batch},`;

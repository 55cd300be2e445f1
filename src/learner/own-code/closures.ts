/** What the names in the source of a function stand for outside of it. */
import type { Session } from 'node:inspector';
import { inNode } from '../../platform.ts';

export type AnyFunction = (...args: never[]) => unknown;

/** What a function has beside its source. */
export interface Closure {
  /** The variables around it by name, those of the nearest scope first; without those of the global one. */
  readonly scopes: readonly Readonly<Record<string, unknown>>[];
  /** Of a bound function: what it calls, and with which `this`. */
  readonly bound?: { readonly target: AnyFunction; readonly self: unknown };
}

interface Property {
  readonly name: string;
  readonly value?: { readonly objectId?: string; readonly description?: string };
}

/** What V8 gives for a scope. */
interface Scope {
  readonly object: Readonly<Record<string, unknown>>;
}

/** Where a value is handed over, under a name that nobody else uses. */
const place = Symbol.for('unequal: handed over');
const here = `globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(place))})]`;
const shared = globalThis as unknown as { [place]?: { value: unknown } };

/**
 * Asks the engine, as a debugger does: nothing else sees into a closure. This works in Node. Elsewhere, and where debuggers are not
 * allowed, nothing is known.
 */
export class Closures {
  readonly #session = connected();
  readonly #known = new Map<AnyFunction, Closure | undefined>();

  /** @returns undefined where it is not known. */
  of(code: AnyFunction): Closure | undefined {
    if (!this.#known.has(code)) this.#known.set(code, this.#look(code));
    return this.#known.get(code);
  }

  close(): void {
    this.#session?.disconnect();
  }

  #look(code: AnyFunction): Closure | undefined {
    shared[place] = { value: code };
    try {
      const { result } = this.#ask<{ result: Property['value'] }>('Runtime.evaluate', { expression: `${here}.value` });
      const { internalProperties = [] } = this.#properties(result);
      const named = (name: string) => internalProperties.find((one) => one.name === name)?.value;
      const target = this.#take(named('[[TargetFunction]]')) as AnyFunction | undefined;
      const bound = target && { target, self: this.#take(named('[[BoundThis]]')) };
      const list = this.#properties(named('[[Scopes]]')).result ?? [];
      const scopes = list.filter(({ value }) => value?.description !== 'Global').map(({ value }) => this.#take(value));
      return { scopes: scopes.map((one) => (one as Scope).object), bound };
    } catch {
      return undefined;
    } finally {
      delete shared[place];
    }
  }

  #properties(of: Property['value']): { result?: readonly Property[]; internalProperties?: readonly Property[] } {
    if (of?.objectId === undefined) return {};
    return this.#ask('Runtime.getProperties', { objectId: of.objectId, ownProperties: true });
  }

  /** The value itself of what the engine has described. */
  #take(described: Property['value']): unknown {
    if (described?.objectId === undefined) return undefined;
    const functionDeclaration = `function () { 'use strict'; ${here}.value = this; }`;
    this.#ask('Runtime.callFunctionOn', { objectId: described.objectId, functionDeclaration });
    return shared[place]?.value;
  }

  /** It answers before it returns. */
  #ask<T extends object>(method: string, params: object): T {
    let answer: object | undefined;
    const post = this.#session?.post as undefined | ((...args: unknown[]) => void);
    post?.call(this.#session, method, params, (error: unknown, result: object) => {
      if (!error) answer = result;
    });
    if (answer === undefined) throw new Error(`no answer to ${method}`);
    return answer as T;
  }
}

function connected(): Session | undefined {
  if (!inNode()) return undefined;
  try {
    const { Session } = process.getBuiltinModule('node:inspector');
    const session = new Session();
    session.connect();
    return session;
  } catch {
    // A build without it, another runtime, or a program that may not.
    return undefined;
  }
}

import { counted } from '../../plural.ts';
import type { Told } from './codings/coding.ts';

/** Counts what is told of each column. */
export class Counted {
  private readonly columns = new Map<string, { missing: number; unseen: number; example: string; told: Told }>();

  of(column: string): Told {
    let entry = this.columns.get(column);
    if (entry === undefined) {
      const made = {
        missing: 0,
        unseen: 0,
        example: '',
        told: {
          missing: () => {
            made.missing++;
          },
          unseen: (value: string) => {
            made.unseen++;
            made.example ||= value;
          },
        },
      };
      this.columns.set(column, made);
      entry = made;
    }
    return entry.told;
  }

  notes(): string[] {
    return [...this.columns].flatMap(([column, { missing, unseen, example }]) => [
      ...(missing > 0 ? [`column ${column} is missing in ${counted(missing, 'row')}`] : []),
      ...(unseen > 0
        ? [`column ${column} has ${counted(unseen, 'value')} that no training row has, such as ${example}`]
        : []),
    ]);
  }
}

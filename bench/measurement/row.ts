// The contract of a row of bench measurement's table.
import type { Lab } from "./lab.ts";
import type { Pieces } from "./pieces.ts";

/** How much is measured. */
export interface Extent {
  /** Fresh loads behind a coefficient of variation. */
  loads: number;
  /** Sessions behind a count such as 18 of 20. */
  sessions: number;
  /** Students that are ranked. */
  students: number;
}

export interface RowContext extends Extent {
  lab: Lab;
  pieces: Pieces;
}

/** One line of the table. */
export interface Line {
  figure: string;
  /** What it has to be. */
  aim: string;
  /** Measured by this project's sessions. */
  nacre: string;
  /** Measured the usual way, see usual.ts. */
  usual: string;
  /** Whether the aim is reached; null where there is none. */
  met: boolean | null;
}

/** Measures what it needs and gives its lines. */
export type Row = (context: RowContext) => Promise<Line[]>;

/** A share as a percentage with two decimals. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** A line of a share that has to be small. */
export function shareLine(figure: string, most: number, nacre: number, usual: number | null): Line {
  return {
    figure,
    aim: `<= ${percent(most)}`,
    nacre: percent(nacre),
    usual: usual === null ? "" : percent(usual),
    met: Math.abs(nacre) <= most,
  };
}

/** A line of a count that has to be large. */
export function countLine(figure: string, least: number | null, of: number, nacre: number, usual: number | null): Line {
  return {
    figure,
    aim: least === null ? "" : `>= ${least} of ${of}`,
    nacre: `${nacre} of ${of}`,
    usual: usual === null ? "" : `${usual} of ${of}`,
    met: least === null ? null : nacre >= least,
  };
}

// A tiled matrix product over implicit operands: each workgroup forms a tile of `left` times `right` from pieces that
// it copies to workgroup memory as vectors of four, where every thread keeps 4 or 8 rows by 4 columns in registers.
import type { Shader } from "../shader.ts";

/** Sizes of a workgroup's tile; a thread has `rowsPerThread` rows and 4 columns of it. */
export interface Tile {
  rows: number;
  columns: number;
  /** Terms that are copied at a time. */
  depth: number;
  rowsPerThread: 4 | 8;
}

export interface MatrixProduct {
  tile: Tile;
  /** Runs once, by all threads, before the first terms are copied; may fill workgroup memory. */
  setUp: string;
  /** Pieces of `tile.depth` terms: an expression that is the same for the whole workgroup. */
  pieces: string;
  /** Runs at the beginning of each piece, which is number `piece`. */
  beginPiece: string;
  /**
   * An expression `vec4<f32>`: rows `row` to `row + 3` of the tile (columns for `right`) at term `term` of the piece.
   * `along`: whether terms or positions lie side by side in memory.
   */
  left: { load: string; along: "terms" | "positions" };
  right: { load: string; along: "terms" | "positions" };
  /** Runs at the end: `sum_0` to `sum_7` hold four columns from `column` on of the rows from `row` on. */
  finish: string;
}

/**
 * Name of a workgroup array of `vec4<f32>` with at least an entry for each thread, free once all products are formed.
 */
export const tileScratch = "left_tile";

/** Threads of a workgroup. */
export function threadsOf({ rows, columns, rowsPerThread }: Tile): number {
  return (rows / rowsPerThread) * (columns / 4);
}

function copy(name: string, width: number, depth: number, threads: number, operand: MatrixProduct["left"]): string {
  const groups = width / 4;
  const place = operand.along === "terms"
    ? `let term = i % ${depth}u; let position = i / ${depth}u;`
    : `let position = i % ${groups}u; let term = i / ${groups}u;`;
  return `
    for (var i = local; i < ${groups * depth}u; i += ${threads}u) {
      ${place}
      let row = 4u * position;
      ${name}[term * ${groups + 1}u + position] = ${operand.load};
    }`;
}

/**
 * Declares the product's workgroup memory and gives the body of its kernel, which finds `first_row`, `first_column`.
 */
export function matrixProductBody(shader: Shader, product: MatrixProduct): string {
  const { tile, setUp, pieces, beginPiece, left, right, finish } = product;
  const { rows, columns, depth, rowsPerThread } = tile;
  const threads = threadsOf(tile);
  const [rowGroups, columnGroups] = [rows / 4, columns / 4];
  // One entry more per term, so that threads that copy along the terms write to different banks.
  const leftLength = Math.max(depth * (rowGroups + 1), threads);
  shader.code(`var<workgroup> left_tile: array<vec4<f32>, ${leftLength}>;
var<workgroup> right_tile: array<vec4<f32>, ${depth * (columnGroups + 1)}>;`);
  const indices = Array.from({ length: rowsPerThread }, (_, index) => index);
  const multiply = indices.map((index) =>
    `sum_${index} = sum_${index} + left_${index >> 2}.${"xyzw"[index & 3]} * right;`
  ).join(" ");
  const loads = indices.filter((index) => index % 4 === 0).map((index) =>
    `let left_${index >> 2} = left_tile[term * ${rowGroups + 1}u + thread_row / 4u + ${index >> 2}u];`
  ).join(" ");
  return `
  let thread_column = 4u * (local % ${columnGroups}u);
  let thread_row = ${rowsPerThread}u * (local / ${columnGroups}u);
  ${indices.map((index) => `var sum_${index} = vec4<f32>(0.0);`).join(" ")}
  ${setUp}
  let pieces = ${pieces};
  for (var piece = 0u; piece < pieces; piece++) {
    ${beginPiece}
    ${copy("left_tile", rows, depth, threads, left)}
    ${copy("right_tile", columns, depth, threads, right)}
    workgroupBarrier();
    for (var term = 0u; term < ${depth}u; term++) {
      ${loads}
      let right = right_tile[term * ${columnGroups + 1}u + thread_column / 4u];
      ${multiply}
    }
    workgroupBarrier();
  }
  let row = first_row + thread_row;
  let column = first_column + thread_column;
  ${finish}`;
}

function widthFor(columns: number, least: number): number {
  return columns <= 16 && least <= 16 ? 16 : columns <= 32 ? 32 : 64;
}

// Fewer workgroups than this leave a large GPU idle.
const enoughWorkgroups = 512;

/** A tile for a product whose rows are pixels and whose columns are channels. */
export function tileFor(rows: number, columns: number): Tile {
  const width = widthFor(columns, 16);
  const large = (Math.ceil(rows / 128) * Math.ceil(columns / width)) >= enoughWorkgroups;
  return { rows: large ? 128 : 64, columns: width, depth: 16, rowsPerThread: large ? 8 : 4 };
}

/** A tile for a product whose rows and columns are channels. */
export function channelTileFor(rows: number, columns: number): Tile {
  return { rows: widthFor(rows, 32), columns: widthFor(columns, 32), depth: 16, rowsPerThread: 4 };
}

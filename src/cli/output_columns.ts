const USUAL_COLUMNS = 80;

/** Columns of standard output; `otherwise` where it is no terminal, 80 where it is one that does not tell its size. */
export function outputColumns(otherwise = 100): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns || USUAL_COLUMNS : otherwise;
}

/** Room for a list on standard output: a file or another program gets one line per row, which is easy to search. */
export function listColumns(): number {
  return outputColumns(Infinity);
}

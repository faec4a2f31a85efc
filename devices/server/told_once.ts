/** A log that says each line once, for what is tried again and again and fails for one reason. */
export function toldOnce(log: (line: string) => void = () => {}): (line: string) => void {
  const told = new Set<string>();
  return (line) => {
    if (told.has(line)) return;
    told.add(line);
    log(line);
  };
}

/** A command was called wrongly: the message is one line for the user, and the command ends with exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";

  /** Line breaks in `message`, which quoted input may bring along, become spaces. */
  constructor(message: string) {
    super(message.replace(/\s*[\r\n]\s*/g, " "));
  }
}

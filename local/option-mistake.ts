/** True for what `parseArgs` throws when somebody typed an option wrong. https://nodejs.org/api/errors.html#err_parse_args_unknown_option */
export function isOptionMistake(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** The message of an error. A mistyped option also gets the command that lists the options. @param help such as `npm start -- --help` */
export function messageOf(error: unknown, help: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return isOptionMistake(error) ? `${message.replace(/\.$/, '')}. To list the options: ${help}` : message;
}

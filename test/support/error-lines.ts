import { onTestFinished, vi } from 'vitest';

/**
 * Keeps what the product logs as errors in this process, until the test ends. The test expects them, and says what: a green run prints
 * no error lines.
 * @returns the lines so far, as they are written to stderr
 */
export function keepErrorLines(): readonly string[] {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  onTestFinished(() => spy.mockRestore());
  return lines;
}

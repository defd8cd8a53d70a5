/** Overrides, embeddings, isolates and marks: they would turn the words around them, also far behind them. */
const bidiControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Words that somebody else chose, on one line and of bounded length, without what would disturb the words around them. */
export function oneLine(text: string, most = 254): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(bidiControls, '')
    .trim();
  const characters = [...line];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : line;
}

/** Whether anything of it can be seen. */
export function isVisible(text: string): boolean {
  return withoutInvisible(text) !== '';
}

/** On one line of a subject: up to 50 characters, all of which can be seen. */
export function inSubject(text: string): string {
  return isolated(withoutInvisible(text, 50));
}

/** Set apart by invisible isolates in plain text, where a right-to-left name would draw numbers and brackets after it to its side. */
export function isolated(text: string): string {
  return rightToLeft.test(text) ? `\u2068${text}\u2069` : text;
}

function withoutInvisible(text: string, most?: number): string {
  return oneLine(text.toWellFormed().replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Co}]/gu, ''), most);
}

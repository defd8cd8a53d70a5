declare global {
  /** Absent in a browser without Trusted Types. https://www.w3.org/TR/trusted-types/#trusted-type-policy-factory */
  var trustedTypes:
    | { createPolicy(name: string, rules: { createHTML(html: string): string | null }): unknown }
    | undefined;
}

// The browser asks this policy about each string that is assigned as HTML. react-aria empties its announcements for screen readers by
// `innerHTML = ''`, at every key in a date or number field. Only that string passes: null means that the browser refuses the
// assignment and reports it. Without createScript and createScriptURL no string becomes a script.
globalThis.trustedTypes?.createPolicy('default', { createHTML: (html) => (html === '' ? '' : null) });

export {};

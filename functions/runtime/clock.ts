/** This moment. The core is given it and has no clock of its own. */
export const now = (): Date => new Date();

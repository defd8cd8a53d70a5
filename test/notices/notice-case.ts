/** A row of `docs/notices.md`: throws where what happens is not what it says. */
export type Case = () => Promise<void>;

import type { Effects } from './effects.ts';

const titles = [
  ['narrows', 'Narrows', 'Programs are refused from their next request on, in live sessions too.'],
  ['widens', 'Widens', 'Whoever holds the value can do more, at once.'],
  ['others', 'Changes', null],
] as const;

/** What Save would do, before it is pressed. */
export function EffectsView({ effects }: { readonly effects: Effects }) {
  const shown = titles.filter(([kind]) => effects[kind].length > 0);
  return (
    <section className="section effects" aria-live="polite">
      <h2>What Save does</h2>
      {shown.length === 0 && <p className="hint">Nothing is changed yet.</p>}
      {shown.map(([kind, title, meaning]) => (
        <div key={kind} className={kind}>
          <h3>{title}</h3>
          <ul>
            {effects[kind].map((text) => (
              <li key={text}>
                <bdi>{text}</bdi>
              </li>
            ))}
          </ul>
          {meaning && <p className="hint">{meaning}</p>}
        </div>
      ))}
    </section>
  );
}

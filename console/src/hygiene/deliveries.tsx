import { Cell, Column, Row, Table, TableBody, TableHeader } from 'react-aria-components';
import type { Hygiene } from '../api/hygiene.ts';
import { Instant } from '../design/instant.tsx';

type Delivery = Hygiene['deliveries'][number];

const kinds: Readonly<Record<Delivery['state'], string>> = {
  sending: '',
  sent: 'pill-good',
  failed: 'pill-bad',
  unknown: 'pill-warn',
  undeliverable: 'pill-bad',
};

/** What became of the last mails. */
export function Deliveries({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  return (
    <section className="section" aria-labelledby="deliveries-title">
      <h2 id="deliveries-title">The last mails</h2>
      {deliveries.length === 0 ? (
        <p className="hint">None was sent yet.</p>
      ) : (
        <Table className="table" aria-labelledby="deliveries-title">
          <TableHeader>
            <Column isRowHeader>To</Column>
            <Column>For</Column>
            <Column>State</Column>
            <Column>Tries</Column>
          </TableHeader>
          <TableBody>
            {deliveries.map((delivery) => {
              const id = `${delivery.send_at} ${delivery.person}`;
              return (
                <Row key={id} id={id} textValue={delivery.address}>
                  <Cell className="cell-name">
                    <bdi>{delivery.address}</bdi>
                  </Cell>
                  <Cell data-label="For">
                    <Instant at={delivery.send_at} />
                  </Cell>
                  <Cell data-label="State">
                    <span className={`pill ${kinds[delivery.state] ?? ''}`}>{delivery.state}</span>
                    {delivery.reason && <span className="hint">{delivery.reason}</span>}
                    {delivery.next_try_at && (
                      <span className="hint">
                        again <Instant at={delivery.next_try_at} />
                      </span>
                    )}
                  </Cell>
                  <Cell data-label="Tries">{delivery.tries}</Cell>
                </Row>
              );
            })}
          </TableBody>
        </Table>
      )}
    </section>
  );
}

/** One mail to one person. */
export interface Mail {
  /** An address. */
  readonly to: string;
  /** One line. */
  readonly subject: string;
  readonly html: string;
  /** The same for who reads no HTML. */
  readonly text: string;
  /** The id of the delivery, in a header of the mail, so that a mail is traced to its delivery. */
  readonly delivery: string;
}

/** What became of a mail, in words that a person understands and that hold no address. */
export type MailOutcome =
  /** Taken for delivery. That it bounced afterwards is told elsewhere, if at all. */
  | { readonly outcome: 'sent'; readonly message_id: string }
  /** Certainly not sent; worth another try. */
  | { readonly outcome: 'failed'; readonly reason: string }
  /** May or may not have been sent. */
  | { readonly outcome: 'unknown'; readonly reason: string }
  /** Never will be, to this address. */
  | { readonly outcome: 'undeliverable'; readonly reason: string };

/** Sends a mail once. Whatever goes wrong is an outcome: whether it is tried again is the caller's to decide. */
export interface Mailer {
  send(mail: Mail): Promise<MailOutcome>;
}

import { Component, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

interface ContainedProps {
  /** `The expiry` */
  readonly what: string;
  readonly children: ReactNode;
}

/** When this part of a page fails, the rest stays as it is, with what was typed there. */
export class Contained extends Component<ContainedProps, { readonly hasFailed: boolean }> {
  override readonly state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <Notice kind="bad">
        <p>
          {this.props.what} cannot be shown because of a mistake in the console. The rest of the page still works, with
          what you typed.
        </p>
        <Button onPress={() => this.setState({ hasFailed: false })}>Show it again</Button>
      </Notice>
    );
  }
}

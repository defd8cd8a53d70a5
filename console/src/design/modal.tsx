import type { ReactNode } from 'react';
import { Modal as AriaModal, Dialog, Heading, ModalOverlay } from 'react-aria-components';

/** A modal window; Escape and a click beside it mean `onClose`, unless `onClose` is absent. */
export function Modal({
  title,
  isOpen = true,
  onClose,
  isAlert = false,
  children,
}: {
  readonly title: string;
  readonly isOpen?: boolean;
  readonly onClose?: () => void;
  readonly isAlert?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      isDismissable={onClose !== undefined && !isAlert}
      isKeyboardDismissDisabled={onClose === undefined}
      onOpenChange={(open) => open || onClose?.()}
    >
      <AriaModal className="modal">
        <Dialog className="dialog" role={isAlert ? 'alertdialog' : 'dialog'}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}

import { type CalendarDate, parseDate } from '@internationalized/date';
import {
  Calendar,
  CalendarCell,
  CalendarGrid,
  DateInput,
  DatePicker,
  DateSegment,
  Dialog,
  FieldError,
  Group,
  Heading,
  Label,
  Popover,
} from 'react-aria-components';
import { Button } from './button.tsx';

interface DayPickerProps {
  readonly label: string;
  /** `YYYY-MM-DD`; null: none was chosen. */
  readonly value: string | null;
  readonly min: CalendarDate;
  readonly onChange: (day: string) => void;
  readonly errors?: readonly string[] | undefined;
}

/** A day, typed or chosen from a calendar. */
export function DayPicker({ label, value, min, onChange, errors = [] }: DayPickerProps) {
  return (
    <DatePicker
      className="field"
      value={value === null ? null : parseDate(value)}
      minValue={min}
      onChange={(day) => day && onChange(day.toString())}
      isInvalid={errors.length > 0}
      validationBehavior="aria"
    >
      <Label className="label">{label}</Label>
      <Group className="date-input">
        <DateInput className="segments">{(segment) => <DateSegment segment={segment} className="segment" />}</DateInput>
        <Button variant="quiet" aria-label="Choose from a calendar">
          <span aria-hidden="true">▾</span>
        </Button>
      </Group>
      <FieldError className="error">{errors.join(' ')}</FieldError>
      <Popover className="popover calendar-popover">
        <Dialog>
          <Calendar>
            <header className="calendar-head">
              <Button slot="previous" variant="quiet">
                ‹
              </Button>
              <Heading />
              <Button slot="next" variant="quiet">
                ›
              </Button>
            </header>
            <CalendarGrid>{(day) => <CalendarCell date={day} className="day" />}</CalendarGrid>
          </Calendar>
        </Dialog>
      </Popover>
    </DatePicker>
  );
}

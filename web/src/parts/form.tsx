import { createContext, use, useEffect, useRef } from 'react';
import type { InputHTMLAttributes, ReactNode, SubmitEvent } from 'react';
import { ApiError } from '../lib/api-error';
import type { FieldProblem } from '../lib/api-error';
import { Field } from './field';
import styles from './form.module.css';
import { ErrorNotice } from './notices';

const Problems = createContext<readonly FieldProblem[]>([]);

interface FormProps {
  /** What could not be done, if there is an error: `The gateway was not saved`. */
  readonly failure: string;
  readonly error: unknown;
  readonly onSubmit: (form: FormData, submitter: HTMLElement | null) => void;
  readonly onInput?: ((form: FormData) => void) | undefined;
  readonly children: ReactNode;
}

/**
 * A form whose fields keep what was typed, whatever the service answers, and say what is wrong with it. The fields hold their values, not
 * React, which would write passwords into attributes of the page.
 */
export function Form({ failure, error, onSubmit, onInput, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const problems = error instanceof ApiError ? error.fields : [];
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [error]);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onSubmit(new FormData(event.currentTarget), event.nativeEvent.submitter);
  };
  return (
    <form
      ref={form}
      className={styles.form}
      onSubmit={submit}
      onInput={({ currentTarget }) => onInput?.(new FormData(currentTarget))}
    >
      <Problems value={problems}>{children}</Problems>
      {error !== null && error !== undefined && <ErrorNotice what={failure} error={error} />}
    </form>
  );
}

/** Why a field is refused, or a part of it: `tls.ca` for `tls`. */
export function useProblem(name: string): string | undefined {
  return use(Problems).find(({ path }) => path === name || path.startsWith(`${name}.`))?.message;
}

interface Named {
  /** As the API calls it. */
  readonly name: string;
  readonly label: string;
  readonly hint?: ReactNode;
}

type TextFieldProps = Named & Omit<InputHTMLAttributes<HTMLInputElement>, 'name' | 'id'>;

export function TextField({ name, label, hint, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} problem={useProblem(name)}>
      {(attributes) => <input autoComplete="off" spellCheck={false} {...rest} {...attributes} name={name} />}
    </Field>
  );
}

interface SelectFieldProps extends Named {
  readonly value: string | undefined;
  readonly isRequired?: boolean;
  readonly onChoose?: (value: string) => void;
  readonly children: ReactNode;
}

export function SelectField({ name, label, hint, value, isRequired = false, onChoose, children }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} problem={useProblem(name)}>
      {(attributes) => (
        <select
          {...attributes}
          name={name}
          defaultValue={value}
          required={isRequired}
          onChange={({ target }) => onChoose?.(target.value)}
        >
          {children}
        </select>
      )}
    </Field>
  );
}

interface LongTextFieldProps extends Named {
  readonly value: string;
  readonly rows?: number;
  readonly placeholder?: string;
}

/** For text of several lines, such as JSON or a certificate. */
export function LongTextField({ name, label, hint, value, rows = 3, placeholder }: LongTextFieldProps) {
  return (
    <Field label={label} hint={hint} problem={useProblem(name)}>
      {(attributes) => (
        <textarea
          {...attributes}
          className={styles.code}
          name={name}
          rows={rows}
          defaultValue={value}
          placeholder={placeholder}
          spellCheck={false}
        />
      )}
    </Field>
  );
}

interface CheckFieldProps extends Named {
  readonly isChecked: boolean;
}

export function CheckField({ name, label, hint, isChecked }: CheckFieldProps) {
  return (
    <div className={styles.check}>
      <label>
        <input type="checkbox" name={name} defaultChecked={isChecked} /> {label}
      </label>
      {hint && <p className={styles.hint}>{hint}</p>}
    </div>
  );
}

/** Fields beside each other where there is room. */
export function FieldRow({ children }: { readonly children: ReactNode }) {
  return <div className={styles.row}>{children}</div>;
}

/** What few need: hidden until it is asked for. */
export function MoreFields({
  title,
  isOpen = false,
  children,
}: {
  readonly title: string;
  readonly isOpen?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <details className={styles.more} open={isOpen}>
      <summary>{title}</summary>
      <div className={styles.fields}>{children}</div>
    </details>
  );
}

/** The buttons at the end of a form. */
export function FormActions({ children }: { readonly children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}

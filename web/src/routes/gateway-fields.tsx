import type { Gateway, TlsSettings } from '../../.generated/types.gen';
import { objectOf, textOf, textOrNull } from '../lib/form-values';
import { CheckField, FieldRow, LongTextField, MoreFields, TextField } from '../parts/form';
import { MetadataField } from '../parts/metadata-field';
import { Panel } from '../parts/panel';
import { ZoneField } from '../parts/zone-field';
import { NamedField } from './named-choice';
import { FACTORIES } from './named-sources';
import styles from './gateway-edit.module.css';

/** What the form says about a gateway, in the words of the API. @throws ApiError if the metadata are invalid */
export function readGateway(form: FormData) {
  return {
    ...readConnection(form),
    factory_id: textOf(form, 'factory_id'),
    gateway_id: textOf(form, 'gateway_id'),
    name: textOf(form, 'name'),
    model: textOrNull(form, 'model'),
    firmware_version: textOrNull(form, 'firmware_version'),
    clock_zone: textOrNull(form, 'clock_zone'),
    metadata: objectOf(form, 'metadata'),
  };
}

/** What a session is opened with. Without the password if none was typed. */
export function readConnection(form: FormData) {
  const password = form.get('password'); // With the spaces around it, if it has some.
  return {
    url: textOf(form, 'url'),
    email: textOf(form, 'email'),
    ...(typeof password === 'string' && password !== '' && { password }),
    tls: readTls(form),
  };
}

function readTls(form: FormData): TlsSettings {
  const [ca, fingerprint256] = [textOf(form, 'tls.ca'), textOf(form, 'tls.fingerprint256')];
  const insecure = form.has('tls.insecure');
  if (ca === '' && fingerprint256 === '' && !insecure) return null;
  return { ...(ca !== '' && { ca }), ...(fingerprint256 !== '' && { fingerprint256 }), ...(insecure && { insecure }) };
}

interface GatewayFieldsProps {
  /** What is stored; undefined for a new one. */
  readonly gateway?: Gateway | undefined;
  /** Of a new one, if the address names it. */
  readonly factoryId?: string | undefined;
}

/** The fields of a gateway. */
export function GatewayFields({ gateway, factoryId }: GatewayFieldsProps) {
  return (
    <>
      <Panel title="Gateway">
        <div className={styles.fields}>
          <FieldRow>
            <TextField name="name" label="Name" defaultValue={gateway?.name} required maxLength={255} />
            <TextField
              name="gateway_id"
              label="Gateway ID"
              hint="The label on the gateway, unique in its organization"
              defaultValue={gateway?.gateway_id}
              required
              maxLength={255}
            />
          </FieldRow>
          <FieldRow>
            <NamedField
              source={FACTORIES}
              name="factory_id"
              value={gateway?.factory_id ?? factoryId}
              placeholder="Choose a factory"
            />
            <ZoneField
              name="clock_zone"
              label="Time zone of its clock"
              hint="Empty: that of the factory"
              value={gateway?.clock_zone}
            />
          </FieldRow>
          <MoreFields
            title="Model, firmware and metadata"
            isOpen={Boolean(gateway?.model ?? gateway?.firmware_version)}
          >
            <FieldRow>
              <TextField name="model" label="Model" defaultValue={gateway?.model ?? ''} maxLength={100} />
              <TextField
                name="firmware_version"
                label="Firmware"
                defaultValue={gateway?.firmware_version ?? ''}
                maxLength={50}
              />
            </FieldRow>
            <MetadataField value={gateway?.metadata} />
          </MoreFields>
        </div>
      </Panel>
      <Panel title="Connection">
        <ConnectionFields gateway={gateway} />
      </Panel>
    </>
  );
}

function ConnectionFields({ gateway }: Pick<GatewayFieldsProps, 'gateway'>) {
  const tls = gateway?.tls;
  return (
    <div className={styles.fields}>
      <TextField
        name="url"
        label="URL"
        hint="ws:// or wss://, with host and port"
        placeholder="ws://10.0.0.7:5000"
        defaultValue={gateway?.url}
        required
        maxLength={500}
      />
      <FieldRow>
        <TextField name="email" label="E-mail" type="email" defaultValue={gateway?.email} required maxLength={255} />
        <TextField
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          hint={gateway ? 'Empty: unchanged' : 'Stored encrypted, and never shown again'}
          required={!gateway}
          maxLength={1024}
        />
      </FieldRow>
      <MoreFields title="How its certificate is verified (wss://)" isOpen={Boolean(tls)}>
        <TextField
          name="tls.fingerprint256"
          label="SHA-256 fingerprint"
          hint="The only certificate to accept, as openssl x509 -fingerprint -sha256 prints it"
          defaultValue={tls?.fingerprint256}
        />
        <LongTextField
          name="tls.ca"
          label="Certificate authorities"
          hint="To trust for this gateway instead of those of the system, in PEM"
          value={tls?.ca ?? ''}
        />
        <CheckField
          name="tls.insecure"
          label="Accept any certificate"
          hint="For a first test only: whoever can intercept the connection can read the login"
          isChecked={tls?.insecure ?? false}
        />
      </MoreFields>
      {!gateway && <CheckField name="connect" label="Connect after saving" isChecked />}
    </div>
  );
}

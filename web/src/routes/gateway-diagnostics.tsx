import { useMutation } from '@tanstack/react-query';
import { getAbout, getGateway, getGatewayStatus, listGatewayEvents } from '../../.generated/sdk.gen';
import { serviceUrl } from '../lib/base';
import { Button } from '../parts/button';
import { CopyButton } from '../parts/copy-button';
import { ErrorNotice } from '../parts/notices';
import styles from './gateway.module.css';

const EVENTS = 100;

/** What to send to somebody who helps: a request to repeat, and a file with all that is known of the connection. */
export function GatewayDiagnostics({ id, label }: { readonly id: string; readonly label: string }) {
  const download = useMutation({ mutationFn: async () => save(`${label}-diagnostics.json`, await collect(id)) });
  return (
    <div className={styles.diagnostics}>
      <CopyButton text={curlOf(id)} label="Copy as curl" />
      <Button icon="download" isBusy={download.isPending} onClick={() => download.mutate()}>
        Diagnostics
      </Button>
      {download.error && <ErrorNotice what="Nothing was downloaded" error={download.error} />}
    </div>
  );
}

/** The browser does not have the key. */
function curlOf(id: string): string {
  return `curl --header "Authorization: Bearer $API_KEY" '${serviceUrl}/api/gateways/${id}/status'`;
}

/** The service returns no password and no key in any of these answers. */
async function collect(id: string) {
  const path = { id };
  const [about, gateway, status, events] = await Promise.all([
    getAbout({ throwOnError: true }),
    getGateway({ path, throwOnError: true }),
    getGatewayStatus({ path, throwOnError: true }),
    listGatewayEvents({ path, query: { limit: EVENTS }, throwOnError: true }),
  ]);
  return { about: about.data, gateway: gateway.data, status: status.data, events: events.data.data };
}

function save(name: string, contents: unknown): void {
  const address = URL.createObjectURL(new Blob([JSON.stringify(contents, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name.replaceAll(/[^\w.-]+/g, '_');
  link.click();
  URL.revokeObjectURL(address);
}

import { serviceUrl } from '../../lib/base';
import { AXES } from '../../lib/kinds';
import { Icon } from '../../parts/icon';
import { Panel } from '../../parts/panel';
import { chosenAxes } from './axes-choice';
import type { ReadingPart } from './reading-part';
import { spectrumAddress } from './spectrum-query';
import styles from './reading.module.css';

const WAVEFORM_FILES = [
  ['csv', 'CSV', 'A row for each sample, for spreadsheets'],
  ['npy', 'NPY', 'For numpy.load: a row for each axis'],
  ['wav', 'WAV', 'For audio tools: a channel for each axis'],
] as const;

/** Files of the waveform and the spectrum, with the axes and units that are chosen above. */
export function Downloads(part: ReadingPart) {
  const { reading, search } = part;
  const axes = chosenAxes(part);
  const axis: Record<string, string> = axes.length === AXES.length ? {} : { axis: axes.join(',') };
  const address = (path: string, query: Record<string, string>): string =>
    `${serviceUrl}/api/readings/${reading.id}/${path}?${new URLSearchParams({ ...query, ...axis }).toString()}`;
  const [path, query] = spectrumAddress(part);
  const files = [
    ...WAVEFORM_FILES.map(([format, name, what]) => ({
      href: address('waveform', { format, unit: search.unit ?? 'g' }),
      name: `Waveform, ${name}`,
      what,
    })),
    {
      href: address(path, { format: 'csv', ...query }),
      name: 'Spectrum, CSV',
      what: 'A row for each line, as chosen above',
    },
  ];
  return (
    <Panel title="Download">
      <ul className={styles.files}>
        {files.map(({ href, name, what }) => (
          <li key={name}>
            <a className={styles.file} href={href} download>
              <Icon name="download" />
              <span>
                <span className={styles.fileName}>{name}</span>
                <span className={styles.fileWhat}>{what}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

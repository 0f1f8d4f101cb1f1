import { useNavigate, useSearch } from '@tanstack/react-router';
import { PageHead } from '../../parts/page-head';
import { SensorList } from './sensor-list';

/** The sensors of all gateways. */
export function Sensors() {
  const search = useSearch({ from: '/shell/sensors' });
  const navigate = useNavigate({ from: '/sensors' });
  return (
    <>
      <PageHead title="Sensors" lede="What the gateways have reported, and the newest readings of each sensor." />
      <SensorList
        search={search}
        onSearch={(changes) => void navigate({ search: (old) => ({ ...old, ...changes }) })}
      />
    </>
  );
}

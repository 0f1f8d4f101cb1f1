/**
 * SQL: the state of the waveform of a row of `vibration_readings`. Thinning drops waveforms without touching their readings, because updating
 * millions of rows would double their table: what is stored no longer is known by its absence. Newer days are not looked up. The nested
 * queries are no EXISTS, which PostgreSQL might answer by reading all waveforms.
 */
export const WAVEFORM_STATE_SQL = `CASE
  WHEN waveform_state = 'stored' AND day < (SELECT thinned_before FROM waveform_retention)
    AND ${['waveforms_kept', 'waveforms']
      .map(
        (table) => `(SELECT true FROM ${table} AS samples
      WHERE samples.number = vibration_readings.number AND samples.day = vibration_readings.day) IS NULL`,
      )
      .join(' AND ')}
  THEN 'thinned' ELSE waveform_state END`;

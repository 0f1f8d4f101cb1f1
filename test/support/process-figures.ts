import { readdirSync, readFileSync } from 'node:fs';

/** Resident memory of a process, in megabytes. Linux only. */
export function residentMb(pid: number): number {
  const kb = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

/** Number of files and sockets that a process has open. Linux only. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

const TICKS_PER_SECOND = 100; // USER_HZ, on every Linux that Node runs on.

/** Processor time that a process has used, in user and kernel mode, in seconds. Linux only. */
export function cpuSeconds(pid: number): number {
  // The second field is a name in parentheses, and may itself contain spaces and parentheses.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

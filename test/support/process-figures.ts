import { readdirSync, readFileSync } from 'node:fs';

/** What a process holds of the machine's memory, in megabytes: its resident set. Linux only. */
export function residentMb(pid: number): number {
  const kb = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

/** How many files and sockets a process has open. Linux only. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
